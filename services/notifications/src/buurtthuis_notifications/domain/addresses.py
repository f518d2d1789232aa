"""Where somebody can be reached. What an address says, only the vault can read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import DeliveryChannel


class AddressKind(StrEnum):
    """What somebody has. A `telephone` is for people who call, a `neighbour` is somebody else's: nothing is sent to either."""

    EMAIL = "email"
    MOBILE = "mobile"
    PUSH = "push"
    DOOR = "door"
    TELEPHONE = "telephone"
    NEIGHBOUR = "neighbour"


#: What somebody must have for a channel to lead to them: the first of these that they have.
NEEDED: dict[DeliveryChannel, tuple[AddressKind, ...]] = {
    DeliveryChannel.PUSH: (AddressKind.PUSH,),
    DeliveryChannel.EMAIL: (AddressKind.EMAIL,),
    DeliveryChannel.SMS: (AddressKind.MOBILE,),
    DeliveryChannel.CALL: (AddressKind.TELEPHONE, AddressKind.MOBILE, AddressKind.NEIGHBOUR),
    DeliveryChannel.LETTER: (AddressKind.DOOR,),
    DeliveryChannel.VISIT: (AddressKind.DOOR,),
}
#: What staff know of somebody whom they register.
KNOWN_TO_STAFF = (
    AddressKind.DOOR,
    AddressKind.EMAIL,
    AddressKind.MOBILE,
    AddressKind.TELEPHONE,
    AddressKind.NEIGHBOUR,
)
#: By which road somebody shows that an address is theirs.
CODES_BY = {AddressKind.EMAIL: DeliveryChannel.EMAIL, AddressKind.MOBILE: DeliveryChannel.SMS}
#: What a machine must lead to for somebody to have it.
REACHED_BY = {**CODES_BY, AddressKind.PUSH: DeliveryChannel.PUSH}
#: Everybody has one of each at most, but for browsers and phones that show messages: of those the newest.
AT_MOST = {AddressKind.PUSH: 5}
#: So often in a row nobody answers, for so long at least, before an address is given up: a push service may be ill for a day.
SILENCES = 5
SILENT_FOR = timedelta(days=2)


def roads_to(has: Collection[AddressKind], *, visits: bool) -> frozenset[DeliveryChannel]:
    """The channels that lead to somebody who has these, and perhaps agreed to `visits`."""
    leading = {channel for channel, needed in NEEDED.items() if not {*needed}.isdisjoint(has)}
    return frozenset(leading if visits else leading - {DeliveryChannel.VISIT})


class NoRoad(Refused):
    """Nothing can be sent from here to {what}: {instead}."""

    kind = Refusal.INVALID


def check_road(kind: AddressKind, roads: Collection[DeliveryChannel]) -> None:
    """Raises NoRoad where nobody could be reached by such an address, as things are set up here."""
    if REACHED_BY[kind] in roads:
        return
    others = [INSTEAD[other] for other, channel in CODES_BY.items() if channel in roads]
    instead = others[0] if others else "ask the corporation to register you"
    raise NoRoad(field=FIELDS[kind], what=WHAT[kind], instead=instead)


WHAT = {
    AddressKind.EMAIL: "e-mail addresses",
    AddressKind.MOBILE: "mobile numbers",
    AddressKind.PUSH: "browsers",
}
INSTEAD = {AddressKind.EMAIL: "give an e-mail address", AddressKind.MOBILE: "give a mobile number"}
FIELDS = {AddressKind.EMAIL: "email", AddressKind.MOBILE: "mobile", AddressKind.PUSH: "endpoint"}


@dataclass(frozen=True)
class SealedAddress:
    """An address as it comes from the vault. Two with a digest in common are the same address.

    The first digest is by the key that is in use, the others are by those that were."""

    kind: AddressKind
    secret: bytes
    digests: tuple[bytes, ...]


@dataclass(eq=False)
class Address:
    """One of a resident's addresses. `failed_at` is when we learned that nothing arrives there any more, and
    `failed_why` in codes, without a word that anybody answered. `silences` are in a row."""

    id: UUID
    resident_id: UUID
    kind: AddressKind
    secret: bytes
    digest: bytes
    verified_at: datetime
    failed_at: datetime | None = None
    failed_why: str | None = None
    silences: int = 0
    silent_since: datetime | None = None

    @classmethod
    def of(cls, resident: UUID, sealed: SealedAddress, now: datetime) -> Self:
        """One that was just shown to be theirs."""
        return cls(new_id(), resident, sealed.kind, sealed.secret, sealed.digests[0], now)

    def fail(self, why: str, now: datetime) -> None:
        """Nothing arrives there any more."""
        self.failed_at, self.failed_why = now, why

    def keep_silent(self, now: datetime) -> None:
        """Nobody answered there, again; after days of that nobody does."""
        self.silences, self.silent_since = self.silences + 1, self.silent_since or now
        if self.silences >= SILENCES and now >= self.silent_since + SILENT_FOR:
            self.fail("no_answer", now)

    def answer(self) -> None:
        """Something arrived there, or somebody says that it will."""
        self.failed_at = self.failed_why = self.silent_since = None
        self.silences = 0

    def is_same(self, sealed: SealedAddress) -> bool:
        return self.kind is sealed.kind and self.digest in sealed.digests
