"""The addresses of a house: where letters go, by a list of the corporation's own, in which nobody is named.

An address is known by its postcode, number and addition, as the post knows it. So a list that is sent again finds each one
again, also after a wrong list was sent in between, and a letter's code stays that of its address.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.events.surveys import AddressesListed

#: Of one house.
MOST = 5000
#: Where those come that have no place of their own in the walk: after those that have.
LAST = 999_999
#: What a column is called that is about people, in Dutch and in English, without spaces and signs.
PEOPLE = re.compile(
    r"(volledige|voor|achter|roep|familie|huurders?|bewoners?|contact|klant)?naam"
    r"|(first|last|full|family|sur)?name|voorletters?|initial(en|s)|tussenvoegsels?|aanhef"
    r"|(hoofd|mede)?(huurder|bewoner|contractant)(id|nummer|nr)?\d*|tenants?|residents?|occupants?|(contact)?persoon|(contact)?person"
    r"|relatie(id|nummer|nr)?|klant(id|nummer|nr)?|e?mail(adres|address)?|telefoon(nummer)?\d*|tel(nr)?\d*|(tele)?phone(number)?"
    r"|mobiel(nummer)?|mobile|gsm|bsn|burgerservicenummer|geboorte(datum|jaar|plaats)|birth(date|day|year)?|dateofbirth"
    r"|geslacht|gender|nationaliteit|nationality|iban|(bank)?rekening(nummer)?"
)


class AboutPeople(Refused):
    """The column "{column}" looks as if it were about people. A list of addresses names nobody: take that column out, and send the sheet again."""

    kind = Refusal.INVALID


@dataclass(frozen=True)
class Listed:
    """An address as a list has it. `walk` is its place on the way that the caretaker goes; `language` is that of its letters."""

    street: str
    number: int
    addition: str
    postcode: str
    town: str = ""
    entrance: str = ""
    walk: int | None = None
    language: str | None = None
    bag_id: str | None = None
    vera_id: str | None = None

    @property
    def line(self) -> str:
        """Street and number as on an envelope: `Wingerd 12A`, `Wingerd 12-2`."""
        apart = "" if re.match(r"[A-Za-z](-|$)", self.addition) or not self.addition else "-"
        return f"{self.street} {self.number}{apart}{self.addition}"

    @property
    def key(self) -> str:
        """By what the post knows it; neither case nor spaces and hyphens make a difference."""
        return f"{self.postcode} {self.number} {_plain(self.addition)}"

    @property
    def on_the_way(self) -> str:
        """Sorts as the caretaker walks: by the place that the list gives, or postcode, street, number and addition, 2 before 10."""
        addition = re.sub(r"\d+", lambda digits: digits[0].zfill(6), self.addition.casefold())
        place = LAST if self.walk is None else self.walk
        return f"{place:06} {self.postcode} {self.street.casefold()} {self.number:06} {addition}"


@dataclass(eq=False)
class Address:
    """One address of one house."""

    id: UUID
    house_id: UUID
    street: str
    number: int
    addition: str
    postcode: str
    town: str
    entrance: str
    walk: int | None
    language: str | None
    bag_id: str | None
    vera_id: str | None
    on_the_way: str
    version: int = 0

    @staticmethod
    def id_of(house: UUID, listed: Listed) -> UUID:
        """The same whenever it is listed."""
        return uuid5(house, f"address {listed.key}")

    @classmethod
    def of(cls, house: UUID, listed: Listed) -> Self:
        """As it is listed."""
        return cls(cls.id_of(house, listed), house, **asdict(listed), on_the_way=listed.on_the_way)

    def read(self, listed: Listed) -> None:
        """The list says something else of it now."""
        for name, value in asdict(listed).items():
            setattr(self, name, value)
        self.on_the_way = listed.on_the_way

    @property
    def listed(self) -> Listed:
        """What its list says of it."""
        return Listed(**{name: getattr(self, name) for name in COLUMNS})


#: What a list says of each address.
COLUMNS = tuple(field.name for field in fields(Listed))


@dataclass(frozen=True)
class Differences:
    """What becomes of the addresses of a house by another list; `gone` are ids."""

    added: tuple[Listed, ...]
    changed: tuple[Listed, ...]
    gone: tuple[UUID, ...]
    same: int

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.changed or self.gone)

    @property
    def all(self) -> int:
        """How many addresses there are then."""
        return len(self.added) + len(self.changed) + self.same


@dataclass(eq=False)
class AddressList:
    """That a house has a list, and how many addresses are on it. Its id is the house's."""

    id: UUID
    addresses: int = 0
    version: int = 0

    def become(self, differences: Differences) -> AddressesListed:
        """Another list was sent."""
        self.addresses = differences.all
        return AddressesListed(
            house_id=self.id,
            added=len(differences.added),
            changed=len(differences.changed),
            gone=len(differences.gone),
            addresses=self.addresses,
        )


def differences(
    house: UUID, known: Mapping[UUID, Listed], listed: Iterable[Listed], *, whole: bool
) -> Differences:
    """Between what is known of a house and a list; where that is not `whole`, nothing is gone."""
    sent = {Address.id_of(house, address): address for address in listed}
    changed = [address for id, address in sent.items() if id in known and known[id] != address]
    missing = tuple(known.keys() - sent.keys())
    return Differences(
        added=tuple(address for id, address in sent.items() if id not in known),
        changed=tuple(changed),
        gone=tuple(sorted(missing)) if whole else (),
        same=len(sent.keys() & known.keys()) - len(changed) + (0 if whole else len(missing)),
    )


def check_names_nobody(columns: Sequence[str]) -> None:
    """Raises AboutPeople, naming the first column that is about somebody."""
    for column in columns:
        if PEOPLE.fullmatch(_plain(column)):
            raise AboutPeople(column=column[:60], place=column[:60])


def changed_columns(before: Listed, after: Listed) -> Iterator[str]:
    """Where two lists differ about an address."""
    return (name for name in COLUMNS if getattr(before, name) != getattr(after, name))


def _plain(words: str) -> str:
    return "".join(filter(str.isalnum, words)).casefold()
