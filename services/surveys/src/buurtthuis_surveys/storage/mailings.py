"""Where mailings of surveys and runs of letters are kept."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import Column, DateTime, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.mailings import EntranceResponse, LetterRun, Mailing, RunState

mapper = registry()

mailings = corporation_table(
    "mailings",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("sealed", LargeBinary),
    Column("responses", Whole(tuple[EntranceResponse, ...]), nullable=False),
    Column("version", Integer, nullable=False),
)

letter_runs = corporation_table(
    "letter_runs",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("letters", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("printed", Integer, nullable=False),
    Column("state", word(RunState), nullable=False),
    Column("document", LargeBinary),
    Column("why", String),
    Column("lease", Uuid),
    Column("leased_until", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Mailing, mailings)
map_aggregate(mapper, LetterRun, letter_runs)
