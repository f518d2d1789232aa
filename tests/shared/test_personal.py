"""The kit by which a service says what is personal, and takes it away."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from buurtthuis.domain.privacy import JOURNAL, Personal, count_left_of_house, take_away_house
from buurtthuis.testing import FakeWork
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, Uuid

from tests.sessions.houses.test_storage import COLUMNS

HOUSE, JAN = uuid4(), uuid4()


@dataclass(eq=False)
class Letter:
    id: UUID
    house_id: UUID
    author_id: UUID | None
    text: str | None
    version: int = 0


@dataclass(eq=False)
class Guest:
    id: UUID
    house_id: UUID
    version: int = 0


KEPT = (Personal("guests", Guest, "house_id"), Personal("letters", Letter, "house_id", ("author_id", "text")))


def a_letter(house: UUID = HOUSE) -> Letter:
    return Letter(uuid4(), house, JAN, "Koffie bij Jansen")


async def test_what_is_counted_keeps_its_skeleton_and_all_else_goes() -> None:
    work = FakeWork(a_letter(), a_letter(), a_letter(uuid4()), Guest(uuid4(), HOUSE))
    assert await count_left_of_house(KEPT, HOUSE, work) == {"guests": 1, "letters": 2, JOURNAL: 0}
    assert await take_away_house(KEPT, HOUSE, work) == {"guests": 1, "letters": 2, JOURNAL: 0}
    assert await count_left_of_house(KEPT, HOUSE, work) == {"guests": 0, "letters": 0, JOURNAL: 0}
    assert await work.count(Letter, "author_id", "text") == {(None, None): 2, (JAN, "Koffie bij Jansen"): 1}


def test_a_column_that_nobody_thought_of_is_found() -> None:
    columns = Column("remark", String), Column("sealed", LargeBinary), Column("host", Uuid)
    assert all(map(COLUMNS.is_personal, Table("visitors", MetaData(), *columns).c))
