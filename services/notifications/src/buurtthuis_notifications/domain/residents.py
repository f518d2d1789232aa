"""A resident, as nobody but notifications knows them: languages, houses, addresses and consent."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self
from uuid import UUID, uuid4

from buurtthuis.core.errors import NotFound, Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import DeliveryChannel, ResidentJoined, ResidentMovedOut

from buurtthuis_notifications.domain.addresses import (
    AT_MOST,
    CODES_BY,
    Address,
    AddressKind,
    SealedAddress,
    roads_to,
)

PLAIN_DUTCH = "nl-x-b1"
#: Who has one of these is called there, or is asked for at the neighbours' by their door.
KNOWN_AT_THE_NEIGHBOURS = frozenset({AddressKind.DOOR, AddressKind.TELEPHONE, AddressKind.MOBILE})


class ReadingLevel(StrEnum):
    """How somebody likes to read; what is `easy` is written in short sentences (CEFR B1)."""

    EASY = "easy"
    USUAL = "usual"


class Purpose(StrEnum):
    """What a resident agrees to, each apart (GDPR, article 6 (1) a)."""

    MESSAGES = "messages"
    VISITS = "visits"


class NotInHouse(Refused):
    """This resident is not in that house."""


class LastAddress(Refused):
    """This is the only way left to reach you. Add another one first, or move out."""


class NobodyToAskFor(Refused):
    """Whoever calls the neighbours has to say who is asked to call back: give this resident's door too."""

    kind = Refusal.INVALID


class WhoAreYou(Refused):
    """Several people are reached at this address. Say with `who` which of `people` you are; the code is good still."""


class NoWayBack(Refused):
    """Without this address no code can reach you, so you could not sign in again. Add an e-mail address or a mobile number first,
    or move out."""


class WayBack(IntEnum):
    """Whether somebody who is signed in nowhere can come in again."""

    NONE = 0
    DOUBTFUL = 1
    GOOD = 2


@dataclass(frozen=True)
class Agreed:
    """What somebody agreed to, in the words that they were shown: which version of ours, and in which language."""

    purpose: Purpose
    wording: str
    version: int | None = None
    language: str | None = None


@dataclass(eq=False)
class Consent:
    """That somebody agreed, when, and to which words; `by_staff` where it is on paper.

    Without a version they are words from before there were any of ours."""

    id: UUID
    resident_id: UUID
    purpose: Purpose
    wording: str
    given_at: datetime
    by_staff: bool = False
    withdrawn_at: datetime | None = None
    version: int | None = None
    language: str | None = None

    @classmethod
    def of(cls, resident: UUID, agreed: Agreed, now: datetime, *, by_staff: bool) -> Self:
        """From now on."""
        return cls(
            new_id(),
            resident,
            agreed.purpose,
            agreed.wording,
            now,
            by_staff,
            version=agreed.version,
            language=agreed.language,
        )


@dataclass(eq=False)
class Membership:
    """One resident in one house."""

    id: UUID
    resident_id: UUID
    house_id: UUID
    joined_at: datetime
    left_at: datetime | None = None


def reads(language: str, level: ReadingLevel) -> str:
    """The language that somebody is written to in."""
    return PLAIN_DUTCH if language == "nl" and level is ReadingLevel.EASY else language


@dataclass(eq=False)
class Resident:
    """Somebody who can be reached. The id is a pseudonym that tells nothing, not even since when.

    `called` is a word of theirs, sealed, by which they are told from somebody else at the same address. Whom staff registered is
    `kept_by_staff` until they sign in."""

    id: UUID
    language: str
    level: ReadingLevel
    joined_at: datetime
    called: bytes | None = None
    kept_by_staff: bool = False
    memberships: list[Membership] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    version: int = 0

    @classmethod
    def new(cls, language: str, level: ReadingLevel, now: datetime) -> Self:
        return cls(uuid4(), language, level, now)

    @classmethod
    def known_elsewhere(cls, id: UUID, now: datetime) -> Self:
        """Somebody whom the corporation's provider knows; it is not asked how they read."""
        return cls(id, PLAIN_DUTCH, ReadingLevel.EASY, now)

    @property
    def reads(self) -> str:
        """The language that they are written to in."""
        return reads(self.language, self.level)

    @property
    def house_ids(self) -> tuple[UUID, ...]:
        """By which it is known whether somebody's rights reach them: where they live, or lived last."""
        return self.houses or tuple(membership.house_id for membership in self.memberships)

    @property
    def houses(self) -> tuple[UUID, ...]:
        """Where they are now."""
        return tuple(membership.house_id for membership in self.memberships if not membership.left_at)

    @property
    def roads(self) -> frozenset[DeliveryChannel]:
        """The channels that lead to them now."""
        has = {address.kind for address in self.addresses if not address.failed_at}
        return roads_to(has, visits=self.agrees(Purpose.VISITS))

    def join(self, house: UUID, now: datetime) -> list[ResidentJoined]:
        """Be in a house too; nothing happens to who is in it already."""
        if house in self.houses:
            return []
        self.memberships.append(Membership(new_id(), self.id, house, now))
        return [ResidentJoined(resident_id=self.id, house_id=house, language=self.reads)]

    def move_out(self, house: UUID, now: datetime) -> ResidentMovedOut:
        """Leave a house. Raises NotInHouse."""
        for membership in self.memberships:
            if membership.house_id == house and not membership.left_at:
                membership.left_at = now
                return ResidentMovedOut(resident_id=self.id, house_id=house)
        raise NotInHouse

    def read(self, language: str, level: ReadingLevel) -> None:
        """Be written to in another language, or another way."""
        self.language, self.level = language, level

    def lose(self, kind: AddressKind) -> None:
        """Not be reached so any more. Raises LastAddress."""
        left = [address for address in self.addresses if address.kind is not kind]
        if not left:
            raise LastAddress
        self.addresses[:] = left

    def check_asked_for(self) -> None:
        """Raises NobodyToAskFor where only the neighbours can be called, and nobody knows for whom."""
        has = {address.kind for address in self.addresses}
        if AddressKind.NEIGHBOUR in has and has.isdisjoint(KNOWN_AT_THE_NEIGHBOURS):
            raise NobodyToAskFor(field="door")

    def agree_to_these(self, agreed: Sequence[Agreed], now: datetime) -> None:
        """And to nothing else, as staff have it on paper."""
        for purpose in set(Purpose) - {consent.purpose for consent in agreed}:
            self.disagree(purpose, now)
        self.agree(agreed, now, by_staff=True)

    def have(self, sealed: SealedAddress, now: datetime) -> None:
        """Be reached here too, or here again; instead of the one before, where people have one."""
        same = [address for address in self.addresses if address.is_same(sealed)]
        for address in same:
            address.secret, address.verified_at = sealed.secret, now
            address.answer()
        if not same:
            self._make_room(sealed.kind)
            self.addresses.append(Address.of(self.id, sealed, now))

    def address_like(self, sealed: SealedAddress) -> Address | None:
        """Theirs that is this one, however it is written."""
        return next((address for address in self.addresses if address.is_same(sealed)), None)

    def confirm_reached(self, sealed: SealedAddress, now: datetime) -> None:
        """Something arrived at an address of theirs. How it is written stays: they showed that this one is theirs."""
        for address in self.addresses:
            if address.is_same(sealed):
                address.verified_at, address.failed_at = now, None

    def drop(self, address: UUID, roads: Collection[DeliveryChannel]) -> None:
        """Not be reached there any more. `roads` are those that are set up here. Raises NotFound, LastAddress and NoWayBack."""
        gone = self._address(address)
        left = [address for address in self.addresses if address is not gone]
        if not left:
            raise LastAddress
        if self._way_back(left, roads) < self._way_back(self.addresses, roads):
            raise NoWayBack
        self.addresses.remove(gone)

    def try_again_at(self, address: UUID) -> None:
        """Be reached there again, though something did not arrive. Raises NotFound."""
        self._address(address).answer()

    def _way_back(self, by: Collection[Address], roads: Collection[DeliveryChannel]) -> WayBack:
        """By a code, or by staff who stood before their door; doubtful where nothing arrived last."""
        if any(address.kind is AddressKind.DOOR for address in by) and any(
            consent.by_staff for consent in self.consents
        ):
            return WayBack.GOOD
        online = [address for address in by if CODES_BY.get(address.kind) in roads]
        if any(address.failed_at is None for address in online):
            return WayBack.GOOD
        return WayBack.DOUBTFUL if online else WayBack.NONE

    def _address(self, id: UUID) -> Address:
        found = next((address for address in self.addresses if address.id == id), None)
        if found is None:
            raise NotFound(what="address", id=id)
        return found

    def _make_room(self, kind: AddressKind) -> None:
        """For one more; the oldest of its kind goes."""
        others = sorted(
            (address for address in self.addresses if address.kind is kind),
            key=lambda address: address.verified_at,
        )
        for address in others[: max(len(others) + 1 - AT_MOST.get(kind, 1), 0)]:
            self.addresses.remove(address)

    def agree(self, agreed: Iterable[Agreed], now: datetime, *, by_staff: bool = False) -> None:
        """Agree, or agree anew to other words."""
        for consent in agreed:
            if not self.agreed_to(consent):
                self.disagree(consent.purpose, now)
                self.consents.append(Consent.of(self.id, consent, now, by_staff=by_staff))

    def agreed_to(self, agreed: Agreed) -> bool:
        """Whether they did, to these very words."""
        return any(
            consent.purpose is agreed.purpose
            and consent.wording == agreed.wording
            and not consent.withdrawn_at
            for consent in self.consents
        )

    def agrees(self, purpose: Purpose) -> bool:
        """Whether they agree to this now."""
        return any(consent.purpose is purpose and not consent.withdrawn_at for consent in self.consents)

    def disagree(self, purpose: Purpose, now: datetime) -> None:
        """Take consent back; what was given stays on record."""
        for consent in self.consents:
            if consent.purpose is purpose and not consent.withdrawn_at:
                consent.withdrawn_at = now


def the_one(found: Sequence[Resident], sealed: SealedAddress, who: UUID | None) -> Resident:
    """Which of those at an address somebody is. `who` is the id of that address as one of theirs: whoever has the code is
    shown it, and no pseudonym. Raises WhoAreYou."""
    if len(found) == 1:
        return found[0]
    at = {address.id: resident for resident in found if (address := resident.address_like(sealed))}
    if who not in at:
        refused = WhoAreYou(field="who")
        refused.more = {
            "people": [
                {"who": id, "called": resident.called, "since": resident.joined_at}
                for id, resident in sorted(at.items())
            ]
        }
        raise refused
    return at[who]
