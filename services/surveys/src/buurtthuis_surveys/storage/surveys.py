"""Where surveys, the voter list, sealed ballots and the pieces of opened ones are kept."""

from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Uuid,
)
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.ballots import (
    Answer,
    Ballot,
    CodeBatch,
    Mark,
    SealedBallot,
    Slip,
    Voter,
    VoterKind,
)
from buurtthuis_surveys.domain.forms import Correction, Form
from buurtthuis_surveys.domain.results import Results
from buurtthuis_surveys.domain.surveys import Survey, SurveyState

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
    Column("remind_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("corrections", Whole(tuple[Correction, ...]), nullable=False),
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
    Column("withdrawn", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

sealed_ballots = corporation_table(
    "sealed_ballots",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

code_batches = corporation_table(
    "code_batches",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("codes", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

slips = corporation_table(
    "slips",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
)

ballots = corporation_table(
    "ballots",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("channel", word(IntakeChannel), nullable=False),
    Column("language", String, nullable=False),
)

answers = corporation_table(
    "answers",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("channel", word(IntakeChannel), nullable=False),
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
    Column("channel", word(IntakeChannel), nullable=False),
)

KEPT = (
    (Survey, surveys),
    (Voter, voters),
    (SealedBallot, sealed_ballots),
    (CodeBatch, code_batches),
    (Slip, slips),
    (Ballot, ballots),
    (Answer, answers),
    (Mark, marks),
)
for kind, table in KEPT:
    map_aggregate(mapper, kind, table)
