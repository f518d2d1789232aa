"""Where it is kept what was decided, who asks for another look, and who cannot write for a while."""

from buurtthuis.events.moderation import Action, Category, ContentKind, DecidedBy
from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from sqlalchemy import Boolean, Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.appeals import Appeal, AppealState
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.mutes import Mute

mapper = registry()

decisions = corporation_table(
    "decisions",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("content_id", Uuid, nullable=False),
    Column("kind", word(ContentKind), nullable=False),
    Column("author_id", Uuid),
    Column("action", word(Action), nullable=False),
    Column("rule", word(Category)),
    Column("reason", String),
    Column("decided_by", word(DecidedBy), nullable=False),
    Column("decider_id", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("seconder_id", Uuid),
    Column("text", String),
    Column("was_pinned", Boolean, nullable=False),
    Column("appeal_until", DateTime(timezone=True)),
    Column("mute_id", Uuid),
    Column("muted_until", DateTime(timezone=True)),
    Column("undone", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

appeals = corporation_table(
    "appeals",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("decision_id", Uuid, nullable=False),
    Column("author_id", Uuid),
    Column("words", String),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    Column("state", word(AppealState), nullable=False),
    Column("reason", String),
    Column("decided_by", word(DecidedBy)),
    Column("decider_id", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

mutes = corporation_table(
    "mutes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("lifted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Decision, decisions)
map_aggregate(mapper, Appeal, appeals)
map_aggregate(mapper, Mute, mutes)
