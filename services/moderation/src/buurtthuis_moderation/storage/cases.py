"""Where cases are kept, with who reported what and who does not handle them."""

from buurtthuis.events.moderation import Category, ContentKind, EscalationReason, RecusalReason
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, map_part, word
from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_moderation.domain.cases import Case, CaseState, Recusal, Report, ReportState, Why

mapper = registry()

cases = corporation_table(
    "cases",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("content_id", Uuid, nullable=False),
    Column("kind", word(ContentKind), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("why", Whole(tuple[Why, ...]), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("state", word(CaseState), nullable=False),
    Column("assignee_id", Uuid),
    Column("escalated", word(EscalationReason)),
    Column("removal_by", Uuid),
    Column("cleared", Boolean, nullable=False),
    Column("ground", String),
    Column("version", Integer, nullable=False),
)

reports = corporation_table(
    "reports",
    mapper.metadata,
    Column("case_id", Uuid, ForeignKey(cases.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("reporter_id", Uuid),
    Column("category", word(Category), nullable=False),
    Column("words", String),
    Column("urgent", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("state", word(ReportState), nullable=False),
    Column("hid", Boolean, nullable=False),
)

recusals = corporation_table(
    "recusals",
    mapper.metadata,
    Column("case_id", Uuid, ForeignKey(cases.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("reason", word(RecusalReason), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

map_part(mapper, Report, reports)
map_part(mapper, Recusal, recusals)
map_aggregate(
    mapper,
    Case,
    cases,
    properties={
        "reports": relationship(
            Report, lazy="selectin", order_by=reports.c.number, cascade="all, delete-orphan"
        ),
        "recusals": relationship(
            Recusal, lazy="selectin", order_by=recusals.c.number, cascade="all, delete-orphan"
        ),
    },
)
