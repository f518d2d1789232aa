"""Where announcements and messages are kept: the outgoing queue."""

from typing import Any

from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import ARRAY, Column, DateTime, Integer, LargeBinary, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.announcements import Announcement, AnnouncementState
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.rules import Topic, Urgency

mapper = registry()

announcements = corporation_table(
    "announcements",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule", String, nullable=False),
    Column("cause", Uuid, nullable=False),
    Column("urgency", word(Urgency), nullable=False),
    Column("data", Whole(dict[str, Any]), nullable=False),
    Column("words", JSONB(none_as_null=True)),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("house_id", Uuid),
    Column("session_id", Uuid),
    Column("series_id", Uuid),
    Column("theme_id", Uuid),
    Column("survey_id", Uuid),
    Column("resident_id", Uuid),
    Column("state", word(AnnouncementState), nullable=False),
    Column("reached", Uuid),
    Column("told_at", DateTime(timezone=True)),
    Column("said_by", Uuid),
    Column("version", Integer, nullable=False),
)

messages = corporation_table(
    "messages",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule", String, nullable=False),
    Column("topic", word(Topic), nullable=False),
    Column("urgency", word(Urgency), nullable=False),
    Column("state", word(MessageState), nullable=False),
    Column("channel", word(DeliveryChannel)),
    Column("language", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("announcement_id", Uuid),
    Column("resident_id", Uuid),
    Column("house_id", Uuid),
    Column("digest_id", Uuid),
    Column("code_id", Uuid),
    Column("address", LargeBinary),
    Column("secret", LargeBinary),
    Column("tried", ARRAY(String, as_tuple=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),
    Column("reason", String),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Announcement, announcements)
map_aggregate(mapper, Message, messages)
