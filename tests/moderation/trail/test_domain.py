"""The chain of what was done: whoever changes it is found out, and where."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.core.actor import SYSTEM, Actor
from buurtthuis.events.moderation import (
    Action,
    CaseDecided,
    CaseTaken,
    Category,
    ContentKind,
    DecidedBy,
    PostHidden,
)
from buurtthuis_moderation.domain.trail import Entry, Fault, Trail, first_fault, seal

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)
HOUSE, AUTHOR, CASE = uuid4(), uuid4(), uuid4()
JAN = Actor.of_resident(uuid4())
DECIDED = CaseDecided(
    case_id=CASE,
    house_id=HOUSE,
    decision_id=uuid4(),
    content_id=uuid4(),
    kind=ContentKind.POST,
    author_id=AUTHOR,
    action=Action.HIDE,
    rule=Category.SPAM,
    reason="Dit is reclame.",
    decided_by=DecidedBy.MODERATOR,
)
TAKEN = CaseTaken(case_id=CASE, house_id=HOUSE)
BY_ITSELF = PostHidden(post_id=uuid4(), house_id=HOUSE, reason=Category.UNSAFE, provisional=True)
#: Of an entry that names both who did it and whom it is about, in the middle.
MIDDLE = 3


class Chain:
    """Five deeds on one page, and the trail that knows of them."""

    def __init__(self) -> None:
        self.trail = Trail.of(HOUSE)
        deeds = [(TAKEN, JAN), (BY_ITSELF, SYSTEM), (DECIDED, JAN), (TAKEN, JAN), (DECIDED, JAN)]
        self.entries = [self.trail.note(event, by, NOW) for event, by in deeds]

    def __getitem__(self, number: int) -> Entry:
        """Counted from 1, as they are."""
        return self.entries[number - 1]

    async def fault(self) -> Fault | None:
        return await first_fault(self.trail, one_by_one(self.entries))


async def one_by_one(entries: Iterable[Entry]) -> AsyncIterator[Entry]:
    for entry in entries:
        yield entry


def sealed_anew(entry: Entry, before: str) -> None:
    """As whoever changes an entry would, who knows how seals are made."""
    entry.digest = entry.sealed_after(before)


async def where(chain: Chain) -> int | None:
    fault = await chain.fault()
    return fault.number if fault else None


@pytest.fixture
def chain() -> Chain:
    return Chain()


async def test_an_untouched_trail_is_whole(chain: Chain) -> None:
    assert await chain.fault() is None


async def test_an_empty_trail_is_whole() -> None:
    assert await first_fault(Trail.of(HOUSE), one_by_one([])) is None


async def test_a_moment_is_the_same_in_every_time_zone(chain: Chain) -> None:
    for entry in chain.entries:
        entry.at = entry.at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert await chain.fault() is None


# What was changed.


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("house_id", uuid4()),
        ("at", NOW + timedelta(microseconds=1)),
        ("what", "moderation.case-given-back.v1"),
        ("about", uuid4()),
        ("facts", {}),
        ("digest", "0" * 64),
    ],
)
async def test_whatever_is_changed_is_found_where_it_is(
    chain: Chain, number: int, field: str, value: Any
) -> None:
    setattr(chain[number], field, value)
    assert await chain.fault() == Fault(number, "was changed")


@pytest.mark.parametrize("fact", ["decision_id", "action", "rule", "decided_by", "by", "actor", "person"])
async def test_every_single_fact_is_sealed(chain: Chain, fact: str) -> None:
    chain[MIDDLE].facts = {**chain[MIDDLE].facts, fact: "something else"}
    assert await chain.fault() == Fault(MIDDLE, "was changed")


@pytest.mark.parametrize("number", [1, MIDDLE, 5])
async def test_a_fact_that_is_added_is_found(chain: Chain, number: int) -> None:
    chain[number].facts = {**chain[number].facts, "excuse": "none"}
    assert await chain.fault() == Fault(number, "was changed")


async def test_a_number_that_is_changed_leaves_a_gap(chain: Chain) -> None:
    chain[MIDDLE].number = 9
    assert await chain.fault() == Fault(MIDDLE, "is missing")


@pytest.mark.parametrize("field", ["actor_id", "person_id"])
async def test_nobody_is_named_for_what_another_did(chain: Chain, field: str) -> None:
    setattr(chain[MIDDLE], field, uuid4())
    assert await chain.fault() == Fault(MIDDLE, "names somebody else")


@pytest.mark.parametrize("field", ["actor_salt", "person_salt"])
async def test_a_salt_that_is_changed_is_found(chain: Chain, field: str) -> None:
    setattr(chain[MIDDLE], field, "0" * 32)
    assert await chain.fault() == Fault(MIDDLE, "names somebody else")


async def test_nobody_is_named_for_what_came_by_itself(chain: Chain) -> None:
    chain[2].actor_id, chain[2].actor_salt = JAN.person, "0" * 32
    assert await chain.fault() == Fault(2, "names somebody else")


@pytest.mark.parametrize("number", range(1, 5))
async def test_what_is_sealed_anew_does_not_fit_what_follows(chain: Chain, number: int) -> None:
    chain[number].what = "moderation.case-given-back.v1"
    sealed_anew(chain[number], chain[number - 1].digest if number > 1 else "")
    assert await chain.fault() == Fault(number + 1, "was changed")


async def test_a_last_one_that_is_sealed_anew_does_not_fit_the_trail(chain: Chain) -> None:
    chain[5].what = "moderation.case-given-back.v1"
    sealed_anew(chain[5], chain[4].digest)
    assert await where(chain) == 5


# What is gone, or was not there.


@pytest.mark.parametrize("number", range(1, 6))
async def test_one_that_is_gone_is_missed(chain: Chain, number: int) -> None:
    chain.entries.remove(chain[number])
    assert await chain.fault() == Fault(number, "is missing")


async def test_a_trail_of_which_all_is_gone_misses_the_first(chain: Chain) -> None:
    chain.entries.clear()
    assert await chain.fault() == Fault(1, "is missing")


async def test_one_that_is_gone_is_missed_also_where_the_others_close_the_gap(chain: Chain) -> None:
    chain.entries.remove(chain[MIDDLE])
    for number, entry in enumerate(chain.entries, 1):
        entry.number = number
    assert await chain.fault() == Fault(MIDDLE, "was changed")


async def test_one_that_is_added_at_the_end_is_found(chain: Chain) -> None:
    copy = Trail(chain.trail.id, HOUSE, chain.trail.entries, chain.trail.digest)
    chain.entries.append(copy.note(TAKEN, JAN, NOW))
    assert await chain.fault() == Fault(6, "was added")


async def test_one_that_is_added_in_between_is_found(chain: Chain) -> None:
    before = Trail(uuid4(), HOUSE, 2, chain[2].digest)
    chain.entries.insert(2, before.note(TAKEN, JAN, NOW))
    assert await where(chain) == 4


@pytest.mark.parametrize("number", range(1, 5))
async def test_two_that_changed_places_are_found(chain: Chain, number: int) -> None:
    first, second = chain[number], chain[number + 1]
    first.number, second.number = second.number, first.number
    chain.entries.sort(key=lambda one: one.number)
    assert await chain.fault() == Fault(number, "was changed")


async def test_an_entry_of_another_page_does_not_fit(chain: Chain) -> None:
    other = Chain()
    chain.entries[MIDDLE - 1] = other[MIDDLE]
    assert await chain.fault() == Fault(MIDDLE, "was changed")


# Who is forgotten.


def forget(entries: Iterable[Entry], who: str, person: UUID) -> None:
    """As an erasure does."""
    for entry in entries:
        if getattr(entry, f"{who}_id") == person:
            setattr(entry, f"{who}_id", None)
            setattr(entry, f"{who}_salt", None)


@pytest.mark.parametrize(("who", "person"), [("actor", JAN.person), ("person", AUTHOR)])
async def test_where_somebody_is_forgotten_the_trail_is_whole(chain: Chain, who: str, person: UUID) -> None:
    forget(chain.entries, who, person)
    assert all(getattr(one, f"{who}_id") is None for one in chain.entries)
    assert await chain.fault() is None


async def test_forgetting_somebody_hides_no_other_change(chain: Chain) -> None:
    forget(chain.entries, "actor", JAN.person)
    chain[MIDDLE].about = uuid4()
    assert await chain.fault() == Fault(MIDDLE, "was changed")


async def test_whoever_was_forgotten_is_not_replaced(chain: Chain) -> None:
    forget(chain.entries, "actor", JAN.person)
    chain[MIDDLE].actor_id, chain[MIDDLE].actor_salt = uuid4(), "0" * 32
    assert await chain.fault() == Fault(MIDDLE, "names somebody else")


def test_without_its_salt_a_seal_tells_nobody_who_it_was(chain: Chain) -> None:
    sealed = chain[MIDDLE].facts["actor"]
    assert sealed == seal(JAN.person, chain[MIDDLE].actor_salt)
    assert sealed != chain[4].facts["actor"]


# What an entry says.


def strings(facts: Mapping[str, Any]) -> str:
    return " ".join(str(one) for one in facts.values())


def test_an_entry_says_nothing_that_somebody_wrote(chain: Chain) -> None:
    assert "Dit is reclame." not in strings(chain[MIDDLE].facts)


def test_an_entry_says_in_its_facts_nobodys_pseudonym(chain: Chain) -> None:
    said = strings(chain[MIDDLE].facts)
    assert str(AUTHOR) not in said
    assert str(JAN.person) not in said


def test_an_entry_says_what_was_decided_and_as_whom(chain: Chain) -> None:
    facts = chain[MIDDLE].facts
    assert (facts["action"], facts["rule"], facts["by"]) == ("hide", "spam", "moderator")


def test_what_nobody_did_says_that_it_came_by_itself(chain: Chain) -> None:
    assert (chain[2].facts["by"], chain[2].actor_id) == ("automatic", None)
