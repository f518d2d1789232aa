"""What texts are told, for every rule and every event."""

from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.events.sessions import (
    Because,
    Kind,
    SeriesStopped,
    SessionCancelled,
    TaskKind,
    TaskRaised,
)
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeries, KnownThings
from buurtthuis_notifications.domain.rules import RULES, Rule, Who, rule_named
from buurtthuis_notifications.texts.examples import (
    CORPORATION,
    EXAMPLES,
    HOUSE,
    LINK,
    NOW,
    SERIES,
    SESSION,
    announced,
    known,
)
from buurtthuis_notifications.texts.facts import FACTS, facts
from buurtthuis_notifications.texts.language import WRITTEN, ours

from tests.notifications.texts.corporations import LANGUAGES

#: Told by whoever makes them, and not by an announcement.
TOLD_OTHERWISE = {"code", "digest"}
ALL_NAMES = sorted({name for places in FACTS.values() for name in places})
of_every_rule = pytest.mark.parametrize(
    "rule", [one for one in RULES if one.name in FACTS], ids=lambda r: r.name
)


def told(announcement: Announcement, now_known: KnownThings | None = None) -> dict[str, Any]:
    return {**facts(announcement, now_known or known(), CORPORATION, LINK)}


def test_every_rule_says_where_its_facts_are() -> None:
    assert {rule.name for rule in RULES} == {*FACTS} | TOLD_OTHERWISE


@of_every_rule
def test_what_a_text_is_told_of_an_event_is_a_field_of_that_event(rule: Rule) -> None:
    of_event = {place.removeprefix("event.") for place in FACTS[rule.name].values() if "event." in place}
    known = rule.on.model_fields if rule.on else {"expires_at": ...}
    assert of_event <= {*known}


@of_every_rule
def test_no_field_of_an_event_is_taken_for_a_fact_of_something_else(rule: Rule) -> None:
    """Whatever an event calls its fields, now or later."""
    announcement = announced(rule)
    own = {place.removeprefix("event.") for place in FACTS[rule.name].values()} | {"into", "closes_at"}
    announcement.data |= {name: "WRONG" for name in [*ALL_NAMES, "name"] if name not in own}
    assert told(announcement) == EXAMPLES[rule.name]


@of_every_rule
def test_what_people_wrote_is_known_to_be_theirs(rule: Rule) -> None:
    """So that a text in another direction can hold it apart."""
    titles = {"session.title", "session.place", "series.title", "theme.title", "into.title", "house.title"}
    erasable = {f"event.{name}" for name in (rule.on.erasable() if rule.on else ())}
    wrote = titles | erasable | {"event.was_place", "corporation.name"}
    assert {name for name, place in FACTS[rule.name].items() if place in wrote} <= WRITTEN


@pytest.mark.parametrize("kind", list(TaskKind))
@pytest.mark.parametrize("about", [{"session_id": SESSION}, {"series_id": SERIES}, {"session_id": uuid4()}])
@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_task_can_be_told_whatever_it_is_about(kind: TaskKind, about: dict[str, Any], tag: str) -> None:
    event = TaskRaised(task_id=uuid4(), house_id=HOUSE, kind=kind, **about)
    announcement = Announcement.of(event, rule_named("task-raised"), uuid4(), NOW, None, NOW)
    text = ours(tag).render("task-raised", told(announcement))
    assert ours(tag).words[f"task_{kind.value}"] in text.body


@pytest.mark.parametrize("because", list(Because))
@pytest.mark.parametrize("written", [None, "Geen animo meer."])
@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_something_else_brought_along_is_told_in_the_readers_language(
    because: Because, written: str | None, tag: str
) -> None:
    sentence = f"{ours(tag).words[f'because_{because}']} {written or ''}".strip()
    off = SessionCancelled(session_id=SESSION, house_id=HOUSE, reason=written, because=because)
    stopped = SeriesStopped(series_id=SERIES, house_id=HOUSE, reason=written, because=because)
    for rule, event in (("session-cancelled", off), ("series-stopped", stopped)):
        announcement = Announcement.of(event, rule_named(rule), uuid4(), NOW, None, NOW)
        text = ours(tag).render(rule, told(announcement))
        assert sentence in text.body.replace("\u2068", "").replace("\u2069", "")
        assert text.short.endswith(sentence)


def test_a_host_hears_of_what_is_to_be_done_about_a_session_that_they_lead() -> None:
    assert set(rule_named("task-raised").to) == {Who.HOSTS, Who.STAFF}


def test_a_series_has_its_own_name_and_kind() -> None:
    walk = KnownThings(
        series={SERIES: KnownSeries(SERIES, HOUSE, "Wandelen", Kind.WALK)}, sessions=known().sessions
    )
    found = told(announced(rule_named("series-paused")), walk)
    assert (found["title"], found["kind"]) == ("Wandelen", "walk")
