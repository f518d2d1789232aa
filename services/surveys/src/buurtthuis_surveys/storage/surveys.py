"""Where surveys, the voter list and the pieces of ballots are kept."""

from typing import Any

from buurtthuis.database import corporation_table, map_aggregate, word
from buurtthuis.events.surveys import Channel, TieRule, Voting
from pydantic import TypeAdapter
from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, LargeBinary, SmallInteger, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator

from buurtthuis_surveys.domain.ballots import Answer, Ballot, Mark, Voter, VoterKind
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.results import Results
from buurtthuis_surveys.domain.surveys import Survey, SurveyState


class Whole(TypeDecorator[Any]):
    """A value of several parts that never changes, kept as one JSON document."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """To the database."""
        return None if value is None else TypeAdapter(self.kind).dump_python(value, mode="json")

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """And back."""
        return None if value is None else TypeAdapter(self.kind).validate_python(value, strict=False)


mapper = registry()

surveys = corporation_table(
    "surveys",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("form", Whole(Form), nullable=False),
    Column("voting", word(Voting), nullable=False),
    Column("tie_rule", word(TieRule), nullable=False),
    Column("closes_at", DateTime(timezone=True)),
    Column("state", word(SurveyState), nullable=False),
    Column("salts", ARRAY(LargeBinary, as_tuple=True), nullable=False),
    Column("seed", String, nullable=False),
    Column("results", Whole(Results)),
    Column("runoff_of", Uuid),
    Column("version", Integer, nullable=False),
)

voters = corporation_table(
    "voters",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("entitled_by", word(VoterKind), nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("receipt", LargeBinary),
    Column("version", Integer, nullable=False),
)

ballots = corporation_table(
    "ballots",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("channel", word(Channel), nullable=False),
    Column("language", String, nullable=False),
)

answers = corporation_table(
    "answers",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("channel", word(Channel), nullable=False),
    Column("text", String),
)

marks = corporation_table(
    "marks",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("option_id", Uuid, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("channel", word(Channel), nullable=False),
)

for kind, table in ((Survey, surveys), (Voter, voters), (Ballot, ballots), (Answer, answers), (Mark, marks)):
    map_aggregate(mapper, kind, table)
