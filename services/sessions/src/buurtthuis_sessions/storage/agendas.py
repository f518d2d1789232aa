"""Where the traces of agendas' keys are kept."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, LargeBinary, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.agendas import AgendaKey

mapper = registry()

agenda_keys = corporation_table(
    "agenda_keys",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("digest", LargeBinary),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, AgendaKey, agenda_keys)
