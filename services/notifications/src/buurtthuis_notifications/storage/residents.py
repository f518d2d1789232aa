"""The contact vault: who can be reached, and where. What an address says is sealed before it comes here."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate, map_part, word
from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_notifications.domain.addresses import Address, AddressKind
from buurtthuis_notifications.domain.corrections import Correction
from buurtthuis_notifications.domain.residents import Consent, Membership, Purpose, ReadingLevel, Resident

mapper = registry()

residents = corporation_table(
    "residents",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("language", String, nullable=False),
    Column("level", word(ReadingLevel), nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("called", LargeBinary),
    Column("kept_by_staff", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

memberships = corporation_table(
    "memberships",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, ForeignKey("residents.id"), nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("left_at", DateTime(timezone=True)),
)

addresses = corporation_table(
    "addresses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, ForeignKey("residents.id"), nullable=False),
    Column("kind", word(AddressKind), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("verified_at", DateTime(timezone=True), nullable=False),
    Column("failed_at", DateTime(timezone=True)),
    Column("failed_why", String),
    Column("silences", Integer, nullable=False),
    Column("silent_since", DateTime(timezone=True)),
)

consents = corporation_table(
    "consents",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, ForeignKey("residents.id"), nullable=False),
    Column("purpose", word(Purpose), nullable=False),
    Column("wording", String, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("by_staff", Boolean, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("version", Integer),
    Column("language", String),
)

corrections = corporation_table(
    "corrections",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, nullable=False),
    Column("before", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)

WHOLE = "all, delete-orphan"

map_aggregate(mapper, Correction, corrections)
map_part(mapper, Membership, memberships)
map_part(mapper, Address, addresses)
map_part(mapper, Consent, consents)
map_aggregate(
    mapper,
    Resident,
    residents,
    properties={
        "memberships": relationship(Membership, lazy="selectin", order_by=memberships.c.id, cascade=WHOLE),
        "addresses": relationship(Address, lazy="selectin", order_by=addresses.c.id, cascade=WHOLE),
        "consents": relationship(Consent, lazy="selectin", order_by=consents.c.id, cascade=WHOLE),
    },
)
