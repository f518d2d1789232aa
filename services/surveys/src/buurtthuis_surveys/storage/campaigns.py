"""Where campaigns are kept."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from pydantic import TypeAdapter
from sqlalchemy import Column, Dialect, Integer, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator

from buurtthuis_surveys.domain.campaigns import Campaign, CampaignState, Stand

STANDS = TypeAdapter(tuple[Stand, ...])


class Stands(TypeDecorator[tuple[Stand, ...]]):
    """Stands as JSON: they are only ever read and written together with their campaign."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: tuple[Stand, ...] | None, dialect: Dialect) -> object:  # noqa: ARG002  SQLAlchemy's own
        """Into the database."""
        return STANDS.dump_python(value or (), mode="json")

    def process_result_value(self, value: object, dialect: Dialect) -> tuple[Stand, ...]:  # noqa: ARG002
        """Out of it."""
        return STANDS.validate_python(value)


mapper = registry()

campaigns = corporation_table(
    "campaigns",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String, nullable=False),
    Column("incentive", String, nullable=False),
    Column("stock", Integer, nullable=False),
    Column("stands", Stands, nullable=False),
    Column("state", word(CampaignState), nullable=False),
    Column("handed_out", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Campaign, campaigns)
