"""Idea cards: what somebody wrote at a stand, typed in by staff, and claimed later by whoever wrote it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.domain.allowances import AN_HOUR, Allowance, Limit
from buurtthuis.events.surveys import CardClaimed, CardClaimRefused, CardClaimTakenBack

from buurtthuis_surveys.domain.wall_clocks import day

#: Wrong codes that one resident may try, on whatever cards,
GUESSES = Limit(5, AN_HOUR)
#: and that may be tried on one card by all of them. Each comes back, so that its owner can claim it in the end.
ON_A_CARD = Limit(20, AN_HOUR)


class CardNumberTaken(Refused):
    """Card {number} of this campaign was entered already."""


class CardNotClaimed(Refused):
    """There is no card with this number and this code that can still be claimed."""


class CardIsSomebodys(Refused):
    """Somebody is told already what becomes of the idea on this card."""


class CardIsNobodys(Refused):
    """Whoever wrote this card asked to be forgotten; it is nobody's any more."""


class NotKnownInHouse(Refused):
    """Nobody in the house of this card has this id. Whoever was registered just now is known in a moment; somebody from elsewhere is added to the house first."""

    kind = Refusal.INVALID


class TooLateToTakeBack(Refused):
    """What staff said of whose card it is they take back on the same day; what its owner claimed with the code is not theirs to take."""


@dataclass(eq=False)
class Card:
    """One numbered card of one campaign, and the theme that it became.

    The code that is printed on it is kept as a salted hash only. Staff said at `told_at` whose it is, where they did."""

    id: UUID
    campaign_id: UUID
    number: str
    theme_id: UUID
    salt: bytes | None = None
    code: bytes | None = None
    claimed_by: UUID | None = None
    told_at: datetime | None = None
    version: int = 0

    @classmethod
    def of(cls, campaign: UUID, number: str, theme: UUID, code: str | None) -> Self:
        """A card as it was typed in; without a code it cannot be claimed."""
        salt = secrets.token_bytes(16) if code else None
        hashed = _hashed(code, salt) if code and salt else None
        return cls(new_id(), campaign, number, theme, salt, hashed)

    def correct(self, number: str, code: str | None) -> None:
        """It was typed in wrongly; without a code the one that it has stays."""
        self.number = number
        if code:
            self.salt = secrets.token_bytes(16)
            self.code = _hashed(code, self.salt)

    def opens_with(self, code: str) -> bool:
        """Whether whoever knows this code may claim it."""
        if self.claimed_by or not self.salt or not self.code:
            return False
        return hmac.compare_digest(self.code, _hashed(code, self.salt))

    def claim(self, resident: UUID, house: UUID) -> CardClaimed:
        """It is theirs, from now on."""
        self.claimed_by = resident
        return CardClaimed(card_id=self.id, house_id=house, theme_id=self.theme_id, resident_id=resident)

    def give(self, resident: UUID, house: UUID, now: datetime) -> CardClaimed:
        """Staff know whose it is, with or without a code. Raises CardIsSomebodys."""
        if self.claimed_by:
            raise CardIsSomebodys
        self.told_at = now
        return self.claim(resident, house)

    def take_back(self, house: UUID, now: datetime, zone: ZoneInfo) -> CardClaimTakenBack:
        """Staff were wrong about whose it is: whoever has the code can claim it, as before. Raises TooLateToTakeBack."""
        resident, told_at = self.claimed_by, self.told_at
        if not (resident and told_at and day(told_at, zone) == day(now, zone)):
            raise TooLateToTakeBack
        self.claimed_by = self.told_at = None
        return CardClaimTakenBack(
            card_id=self.id, house_id=house, theme_id=self.theme_id, resident_id=resident
        )

    def forget_who_claimed(self) -> None:
        """It is nobody's, and nobody claims it again."""
        self.claimed_by = self.told_at = self.salt = self.code = None

    def refuse(self, house: UUID, tries_left: int) -> CardClaimRefused:
        """A code was wrong, or there were too many."""
        return CardClaimRefused(card_id=self.id, house_id=house, tries_left=tries_left)


@dataclass(eq=False)
class Guesses(Allowance):
    """Wrong codes that a resident tried, whose id it has then, or that were tried on a card."""

    @classmethod
    def at(cls, card: UUID, now: datetime) -> Self:
        """Of everybody at one card."""
        return cls(cls.id_at(card), now)

    @staticmethod
    def id_at(card: UUID) -> UUID:
        """The id of those at one card."""
        return uuid5(card, "guesses")


def _hashed(code: str, salt: bytes) -> bytes:
    """Typed by hand: neither case nor spaces and hyphens make a difference."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(salt + plain.encode()).digest()
