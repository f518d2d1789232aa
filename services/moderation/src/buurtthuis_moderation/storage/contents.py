"""Where it is kept what residents write, and how it read before they changed it."""

from buurtthuis.events.moderation import ContentKind
from buurtthuis.events.surveys import Origin
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, map_part, word
from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_moderation.domain.contents import Content, ContentState, Revision
from buurtthuis_moderation.domain.findings import Finding

mapper = registry()

contents = corporation_table(
    "contents",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("kind", word(ContentKind), nullable=False),
    Column("author_id", Uuid),
    Column("text", String),
    Column("language", String, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("origin", word(Origin), nullable=False),
    Column("state", word(ContentState), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("edited_at", DateTime(timezone=True)),
    Column("reply_to", Uuid),
    Column("theme_id", Uuid),
    Column("session_id", Uuid),
    Column("pinned", Boolean, nullable=False),
    Column("findings", Whole(tuple[Finding, ...]), nullable=False),
    Column("leaving", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

revisions = corporation_table(
    "revisions",
    mapper.metadata,
    Column("content_id", Uuid, ForeignKey(contents.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("text", String, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

map_part(mapper, Revision, revisions)
map_aggregate(
    mapper,
    Content,
    contents,
    properties={
        "revisions": relationship(
            Revision, lazy="selectin", order_by=revisions.c.number, cascade="all, delete-orphan"
        )
    },
)
