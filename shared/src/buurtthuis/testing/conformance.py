"""What every backbone promises, as tests. Inherit them, and say with the fixture `backbone` what to try:

    class TestOurBackbone(BackbonePromises):
        @pytest.fixture
        def backbone(self) -> Backbone:
            return FakeBackbone()

The sample services that are tried are in `buurtthuis.testing.samples`.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import pytest

from buurtthuis.core.actor import SYSTEM, Actor, ActorKind
from buurtthuis.core.errors import AskedToBeForgotten, KeyReused, NotFound, NotYourHouse, Outdated
from buurtthuis.core.houses import Houses
from buurtthuis.core.work import NOTHING, Cause, Receipt, SeveralFound, new_id
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.retries import StillFailing
from buurtthuis.persistence.idempotency import IdempotencyKey
from buurtthuis.runtime.service import Service
from buurtthuis.testing.samples import BROKEN, FAILED, Echo, Note, echoes, notes
from buurtthuis.testing.samples.domain import (
    CAUSES,
    FORGET_ME,
    AddLine,
    AddLinesEverywhere,
    AddLinesToBoth,
    AddLineToTheOne,
    BlankNotes,
    CountNotes,
    DoNothing,
    Erase,
    ForgetNotes,
    ForgetPages,
    Glance,
    LookAt,
    NoteEchoed,
    NoteIsTorn,
    NoteWritten,
    ReadNote,
    ReadNotes,
    Redact,
    RedactAbout,
    Revoke,
    ScratchNote,
    SmudgeNote,
    TearNote,
    WriteNote,
    WriteOnce,
    WriteQuietly,
)

NOTES, ECHOES = notes.name, echoes.name
JAN, PIET = (
    Cause(Actor.of_resident(UUID(id)), UUID(id))
    for id in ("0190a8b0-0000-7000-8000-000000000001", "0190a8b0-0000-7000-8000-000000000002")
)
NOON = datetime(2018, 11, 12, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Backbone(Protocol):
    """What the promises need; `FakeBackbone` and `RealBackbone` say what each of these is for."""

    corporations: tuple[str, ...]

    async def start(self, *services: Service) -> None: ...

    async def run(
        self,
        service: str,
        command: object,
        corporation: str = ...,
        cause: Cause | None = None,
        key: IdempotencyKey | None = None,
    ) -> Receipt: ...

    async def kept(self, service: str, kind: type[Any], corporation: str = ...) -> list[Any]: ...

    async def revoked(self, service: str, corporation: str = ...) -> dict[UUID, datetime | None]: ...

    async def journal(self, service: str, corporation: str = ...) -> list[Envelope]: ...

    async def settled(self) -> None: ...

    async def deliver_again(self, service: str, source: str, corporation: str = ...) -> None: ...

    async def parked(self, service: str, corporation: str = ...) -> list[ParkedEvent]: ...

    async def retry(self, service: str, id: UUID, corporation: str = ...) -> None: ...

    async def drop(self, service: str, id: UUID, corporation: str = ...) -> None: ...


class BackbonePromises:
    """The suite. Every test has a backbone of its own on which nothing happened yet."""

    @pytest.fixture(autouse=True)
    def _all_is_whole(self) -> Iterator[None]:
        BROKEN.clear()
        FAILED.clear()
        yield
        BROKEN.clear()

    async def test_a_refused_command_leaves_nothing(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("whole"))
        with pytest.raises(NoteIsTorn):
            await backbone.run(NOTES, TearNote(note.id))
        await backbone.settled()
        assert len(await backbone.journal(NOTES)) == 1
        assert [(kept.text, kept.lines, kept.version) for kept in await backbone.kept(NOTES, Note)] == [
            ("whole", 1, 1)
        ]

    async def test_what_happened_by_refusing_is_kept_and_said_each_time(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("whole"))
        key = IdempotencyKey.of(UUID(int=1), "scratch")
        for _ in range(2):
            with pytest.raises(NoteIsTorn):
                await backbone.run(NOTES, ScratchNote(note.id), key=key)
        await backbone.settled()
        assert len(await backbone.journal(NOTES)) == 3
        assert [kept.lines for kept in await backbone.kept(NOTES, Note)] == [3]

    async def test_by_a_refusal_that_keeps_what_was_done_nobody_need_be_told(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("clean"))
        with pytest.raises(NoteIsTorn):
            await backbone.run(NOTES, SmudgeNote(note.id))
        await backbone.settled()
        assert [note.label for note in await backbone.kept(NOTES, Note)] == ["smudged"]
        assert len(await backbone.journal(NOTES)) == 1

    async def test_what_is_of_another_house_is_not_there_for_whoever_is_limited_to_some(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        here, there = new_id(), new_id()
        limited = Cause(Actor(ActorKind.STAFF, new_id()), houses=Houses(frozenset({here})))
        mine = await backbone.run(NOTES, WriteNote("here", here), cause=limited)
        theirs = await backbone.run(NOTES, WriteNote("there", there))
        of_none = await backbone.run(NOTES, WriteNote("nowhere"))
        for reach in (AddLine, ReadNote, LookAt):
            await backbone.run(NOTES, reach(mine.id), cause=limited)
            for other in (theirs, of_none):
                with pytest.raises(NotFound, match=f"There is no note with id {other.id}"):
                    await backbone.run(NOTES, reach(other.id), cause=limited)

    async def test_nothing_is_kept_for_another_house_by_whoever_is_limited_to_some(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        limited = Cause(Actor(ActorKind.STAFF, new_id()), houses=Houses(frozenset({new_id()})))
        for house in (new_id(), None):
            with pytest.raises(NotYourHouse):
                await backbone.run(NOTES, WriteNote("there", house), cause=limited)
        assert await backbone.kept(NOTES, Note) == []

    async def test_a_refused_command_leaves_no_part_of_an_aggregate(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("whole"))
        with pytest.raises(NoteIsTorn):
            await backbone.run(NOTES, TearNote(note.id))
        assert (await backbone.kept(NOTES, Note))[0].pages == []

    async def test_positions_are_dense_while_many_write_and_some_are_refused(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("busy"))
        commands = [TearNote(note.id) if number % 4 == 0 else WriteNote("more") for number in range(48)]
        await asyncio.gather(*(backbone.run(NOTES, command) for command in commands), return_exceptions=True)
        await backbone.settled()
        assert _positions(await backbone.journal(NOTES)) == list(range(1, 38))

    async def test_what_happened_to_one_aggregate_stays_in_order(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("long"))
        await asyncio.gather(*(backbone.run(NOTES, AddLine(note.id)) for _ in range(20)))
        await backbone.settled()
        lines = [entry.data["line"] for entry in await backbone.journal(NOTES) if "line" in entry.data]
        assert lines == list(range(2, 22))

    async def test_a_version_counts_the_events_of_its_aggregate(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("twice"))
        receipt = await backbone.run(NOTES, AddLine(note.id))
        assert (note.version, receipt.version) == (1, 2)
        assert (await backbone.kept(NOTES, Note))[0].version == 2

    async def test_every_aggregate_that_is_found_is_changed(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        for text in ("same", "same", "other"):
            await backbone.run(NOTES, WriteNote(text))
        await backbone.run(NOTES, AddLinesEverywhere("same"))
        assert [(note.text, note.lines, note.version) for note in await backbone.kept(NOTES, Note)] == [
            ("same", 2, 2),
            ("same", 2, 2),
            ("other", 1, 1),
        ]

    async def test_the_one_that_is_found_is_changed(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("single"))
        await backbone.run(NOTES, WriteNote("other"))
        assert await backbone.run(NOTES, AddLineToTheOne("single")) == Receipt(note.id, version=2)

    async def test_where_none_is_found_there_is_none_and_several_are_no_one(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        with pytest.raises(NoteIsTorn):
            await backbone.run(NOTES, AddLineToTheOne("same"))
        for _ in range(2):
            await backbone.run(NOTES, WriteNote("same"))
        with pytest.raises(SeveralFound):
            await backbone.run(NOTES, AddLineToTheOne("same"))
        assert [note.version for note in await backbone.kept(NOTES, Note)] == [1, 1]

    async def test_what_is_read_is_as_it_stands_in_the_middle_of_this_work_oldest_first(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("same"))
        for _ in range(2):
            await backbone.run(NOTES, AddLine(note.id))
        await backbone.run(NOTES, WriteNote("other"))
        await backbone.run(NOTES, ReadNotes("same"))
        assert (await backbone.kept(NOTES, Note))[-1].text == "[('same', 3), ('same', 7)] [(2,), (3,)] (7,)"

    async def test_to_read_what_is_not_there_is_refused(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        with pytest.raises(NotFound):
            await backbone.run(NOTES, ReadNote(new_id()))

    async def test_what_is_kept_quietly_is_kept_and_told_to_nobody(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        await backbone.run(NOTES, WriteQuietly("hush"))
        await backbone.settled()
        assert [note.text for note in await backbone.kept(NOTES, Note)] == ["hush"]
        assert await backbone.journal(NOTES) == []

    async def test_a_command_is_answered_with_what_it_says_it_is_about(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note, other = [await backbone.run(NOTES, WriteNote(text)) for text in ("one", "other")]
        await backbone.run(NOTES, AddLine(note.id))
        key = IdempotencyKey.of(new_id(), "both", b"the same")
        answers = [await backbone.run(NOTES, AddLinesToBoth(note.id, other.id), key=key) for _ in range(2)]
        assert answers == [Receipt(note.id, version=3)] * 2
        assert [kept.version for kept in await backbone.kept(NOTES, Note)] == [3, 2]

    async def test_a_command_that_says_nothing_may_be_about_something(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("seen"))
        assert await backbone.run(NOTES, LookAt(note.id)) == note

    async def test_of_what_a_command_names_and_does_not_load_the_version_is_0(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("seen"))
        assert await backbone.run(NOTES, Glance(note.id)) == Receipt(note.id, version=0)

    async def test_a_command_about_many_is_answered_with_none_of_them(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        await backbone.run(NOTES, WriteNote("same"))
        assert await backbone.run(NOTES, AddLinesEverywhere("same")) == NOTHING

    async def test_a_command_about_nothing_is_answered_with_nothing(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        key = IdempotencyKey.of(new_id(), "mine", b"the same")
        answers = [await backbone.run(NOTES, DoNothing(), key=key) for _ in range(2)]
        assert answers == [NOTHING, NOTHING]

    async def test_a_look_at_what_is_not_there_is_refused(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        with pytest.raises(NotFound):
            await backbone.run(NOTES, LookAt(new_id()))

    async def test_of_many_who_begin_the_same_one_begins_and_all_go_on(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        id = new_id()
        await asyncio.gather(*(backbone.run(NOTES, WriteOnce(id, f"{number}")) for number in range(8)))
        assert [(note.id, note.lines, note.version) for note in await backbone.kept(NOTES, Note)] == [
            (id, 9, 8)
        ]

    async def test_counts_are_by_group_and_include_what_this_work_keeps(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        other = await backbone.run(NOTES, WriteNote("long"))
        await backbone.run(NOTES, AddLine(other.id))
        for text in ("same", "same", "other"):
            await backbone.run(NOTES, WriteNote(text))
        counted = await backbone.run(NOTES, CountNotes(lines=1))
        texts = {note.id: note.text for note in await backbone.kept(NOTES, Note)}
        assert texts[counted.id] == "[(('counted',), 1), (('other',), 1), (('same',), 2)] {(): 4}"

    async def test_what_is_not_there_is_counted_as_nothing(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        counted = await backbone.run(NOTES, CountNotes(lines=7))
        texts = {note.id: note.text for note in await backbone.kept(NOTES, Note)}
        assert texts[counted.id] == "[(('counted',), 1)] {(): 1}"

    async def test_what_is_forgotten_is_gone_and_counted(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        for lines in (1, 2):
            note = await backbone.run(NOTES, WriteNote("long"))
            for _ in range(lines):
                await backbone.run(NOTES, AddLine(note.id))
        await backbone.run(NOTES, ForgetPages(line=2))
        kept = await backbone.kept(NOTES, Note)
        assert [[page.line for page in aggregate.pages] for aggregate in kept] == [[], [3], []]
        assert kept[-1].text == "2 gone, 1 left"

    async def test_an_aggregate_that_is_forgotten_is_there_no_more(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        gone = await backbone.run(NOTES, WriteNote("gone"))
        await backbone.run(NOTES, WriteNote("kept"))
        await backbone.run(NOTES, ForgetNotes("gone"))
        assert [note.text for note in await backbone.kept(NOTES, Note)] == ["kept"]
        with pytest.raises(NotFound):
            await backbone.run(NOTES, LookAt(gone.id))

    async def test_only_what_held_words_is_counted_as_blanked(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        long = await backbone.run(NOTES, WriteNote("long", label="stays"))
        await backbone.run(NOTES, AddLine(long.id))
        for label in ("goes", None):
            await backbone.run(NOTES, WriteNote("short", label=label))
        await backbone.run(NOTES, BlankNotes(lines=1))
        assert [(note.text, note.label) for note in await backbone.kept(NOTES, Note)] == [
            ("long", "stays"),
            ("short", None),
            ("short", None),
            ("1 blanked", None),
        ]

    async def test_words_that_are_taken_back_are_in_no_journal_any_more(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        house, other = new_id(), new_id()
        for text, where in (("gone", house), ("gone too", house), ("kept", other), ("homeless", None)):
            await backbone.run(NOTES, WriteNote(text, where))
        await backbone.run(NOTES, Redact(house))
        await backbone.settled()
        said = [entry.data["text"] for entry in await backbone.journal(NOTES)]
        assert said == [None, None, "kept", "homeless", "(2, 2, 0)"]

    async def test_words_are_taken_back_for_one_corporation_only(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        ours, theirs = backbone.corporations[:2]
        house = new_id()
        await backbone.run(NOTES, WriteNote("ours", house), ours)
        await backbone.run(NOTES, Redact(house), theirs)
        await backbone.settled()
        assert [entry.data["text"] for entry in await backbone.journal(NOTES, ours)] == ["ours"]

    async def test_words_about_one_thing_are_taken_back_whoever_said_them(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        gone = await backbone.run(NOTES, WriteNote("gone"))
        await backbone.run(NOTES, WriteNote("kept"))
        await backbone.run(NOTES, RedactAbout(gone.id))
        await backbone.settled()
        said = [entry.data["text"] for entry in await backbone.journal(NOTES)]
        assert said == [None, "kept", "[1, 0]"]

    async def test_of_the_words_about_a_thing_only_those_that_are_named_are_taken_back(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("kept"))
        await backbone.run(NOTES, RedactAbout(note.id, words=("title",)))
        await backbone.settled()
        assert [entry.data["text"] for entry in await backbone.journal(NOTES)] == ["kept", "[0, 0]"]

    async def test_of_a_resident_who_is_forgotten_the_journal_has_no_words(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        for text, cause in (("gone", JAN), ("gone too", JAN), ("kept", PIET), ("by staff", None)):
            await backbone.run(NOTES, WriteNote(text), cause=cause)
        await backbone.run(NOTES, Erase(_resident(JAN)))
        await backbone.settled()
        said = [entry.data["text"] for entry in await backbone.journal(NOTES)]
        assert said == [None, None, "kept", "by staff", "2 ['NoteWritten'] 2"]

    async def test_what_was_published_is_taken_back_too(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        await backbone.run(NOTES, WriteNote("gone"), cause=JAN)
        await backbone.settled()
        await backbone.run(NOTES, Erase(_resident(JAN)))
        await backbone.settled()
        assert [entry.data["text"] for entry in await backbone.journal(NOTES)] == [
            None,
            "1 ['NoteWritten'] 1",
        ]

    async def test_a_resident_is_forgotten_once_and_twice(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        for _ in range(2):
            await backbone.run(NOTES, Erase(_resident(JAN)))
        await backbone.settled()
        assert [entry.data["text"] for entry in await backbone.journal(NOTES)] == ["0 [] 0", "0 [] 0"]

    async def test_in_the_name_of_who_was_forgotten_nothing_is_done(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        await backbone.run(NOTES, Erase(_resident(JAN)))
        with pytest.raises(AskedToBeForgotten):
            await backbone.run(NOTES, WriteNote("late"), cause=JAN)
        with pytest.raises(AskedToBeForgotten):
            await backbone.run(
                NOTES, WriteNote("late"), cause=Cause(Actor(ActorKind.RESIDENT), JAN.resident_id)
            )
        await backbone.run(NOTES, WriteNote("another's"), cause=PIET)

    async def test_nobody_who_was_forgotten_gets_an_answer_again(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        key = IdempotencyKey.of(_resident(JAN), "mine", b"one")
        await backbone.run(NOTES, WriteNote("gone"), cause=JAN, key=key)
        await backbone.run(NOTES, Erase(_resident(JAN)))
        again = await backbone.run(NOTES, WriteNote("by staff"), key=key)
        assert again.id == (await backbone.kept(NOTES, Note))[-1].id

    async def test_a_resident_is_forgotten_by_one_corporation_only(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        ours, theirs = backbone.corporations[:2]
        await backbone.run(NOTES, WriteNote("ours"), ours, cause=JAN)
        await backbone.run(NOTES, Erase(_resident(JAN)), theirs)
        await backbone.run(NOTES, WriteNote("ours too"), ours, cause=JAN)
        await backbone.settled()
        assert [entry.data["text"] for entry in await backbone.journal(NOTES, ours)] == ["ours", "ours too"]

    async def test_whatever_a_resident_is_doing_is_done_before_or_never(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        doing = [backbone.run(NOTES, WriteNote("gone"), cause=JAN) for _ in range(12)]
        doing.insert(6, backbone.run(NOTES, Erase(_resident(JAN))))
        await asyncio.gather(*doing, return_exceptions=True)
        await backbone.settled()
        assert "gone" not in [entry.data["text"] for entry in await backbone.journal(NOTES)]

    async def test_an_event_that_waits_loses_the_words_of_who_is_forgotten(self, backbone: Backbone) -> None:
        BROKEN.add("bad")
        await backbone.start(notes, echoes)
        for text in ("bad", FORGET_ME):
            await backbone.run(NOTES, WriteNote(text), cause=JAN)
            await backbone.settled()
        assert [parked_event.envelope["data"]["text"] for parked_event in await backbone.parked(ECHOES)] == [
            None
        ]

    async def test_an_event_that_waits_after_its_speaker_is_forgotten_has_no_words(
        self, backbone: Backbone
    ) -> None:
        BROKEN.add("bad")
        await backbone.start(notes, echoes)
        for text in (FORGET_ME, "bad"):
            await backbone.run(NOTES, WriteNote(text), cause=JAN)
            await backbone.settled()
        assert [parked_event.envelope["data"]["text"] for parked_event in await backbone.parked(ECHOES)] == [
            None
        ]

    async def test_a_reaction_knows_which_event_it_is_for_when_it_was_said_and_who_did_it(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes, echoes)
        note = await backbone.run(NOTES, WriteNote("mine"), cause=JAN)
        await backbone.settled()
        (said,) = await backbone.journal(NOTES)
        cause = CAUSES[note.id]
        assert (cause.event, cause.said_at, cause.resident_id) == (UUID(said.id), said.time, _resident(JAN))
        assert cause.actor == SYSTEM

    async def test_of_what_staff_did_a_reaction_knows_nobody(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        note = await backbone.run(NOTES, WriteNote("theirs"), cause=Cause(Actor(ActorKind.STAFF)))
        await backbone.settled()
        assert CAUSES[note.id].resident_id is None

    async def test_whoever_read_an_older_version_is_told_so(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("once"))
        await backbone.run(NOTES, AddLine(note.id, version=1))
        with pytest.raises(Outdated):
            await backbone.run(NOTES, AddLine(note.id, version=1))

    async def test_of_several_versions_that_somebody_read_any_will_do(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("once"))
        await backbone.run(NOTES, AddLine(note.id, version=frozenset({1, 7})))
        for read in (frozenset({1, 7}), frozenset[int]()):
            with pytest.raises(Outdated):
                await backbone.run(NOTES, AddLine(note.id, version=read))

    async def test_of_many_who_read_the_same_version_one_wins(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("once"))
        tried = (backbone.run(NOTES, AddLine(note.id, version=1)) for _ in range(8))
        results = await asyncio.gather(*tried, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["Outdated"] * 7 + ["Receipt"]

    async def test_a_foreign_id_is_answered_as_an_unknown_one(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        ours, theirs = backbone.corporations[:2]
        foreign, unknown = (await backbone.run(NOTES, WriteNote("ours"), ours)).id, new_id()
        answers = []
        for id in (foreign, unknown):
            with pytest.raises(NotFound) as refused:
                await backbone.run(NOTES, AddLine(id), theirs)
            answers.append(str(refused.value).replace(str(id), "…"))
        assert answers[0] == answers[1]

    async def test_corporations_hear_and_keep_nothing_of_each_other(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        ours, theirs = backbone.corporations[:2]
        await backbone.run(NOTES, WriteNote("ours"), ours)
        await backbone.run(NOTES, AddLinesEverywhere("ours"), ours)
        await backbone.settled()
        seen = [
            *(await backbone.journal(NOTES, theirs)),
            *(await backbone.journal(ECHOES, theirs)),
            *(await backbone.kept(NOTES, Note, theirs)),
            *(await backbone.kept(ECHOES, Echo, theirs)),
        ]
        assert seen == []

    async def test_each_corporation_counts_from_one(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        for corporation in backbone.corporations[:2]:
            await backbone.run(NOTES, WriteNote("first"), corporation)
            await backbone.run(NOTES, WriteNote("second"), corporation)
        await backbone.settled()
        journals = [await backbone.journal(NOTES, corporation) for corporation in backbone.corporations[:2]]
        assert [_positions(journal) for journal in journals] == [[1, 2], [1, 2]]

    async def test_all_reactions_to_one_event_happen(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("heard"))
        await backbone.settled()
        assert sorted(echo.line for echo in await backbone.kept(ECHOES, Echo)) == [-1, 0]

    async def test_a_reaction_acts_once_though_its_event_comes_twice(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("heard"))
        await backbone.settled()
        await backbone.deliver_again(ECHOES, NOTES)
        await backbone.settled()
        assert len(await backbone.kept(ECHOES, Echo)) == 2
        assert len(await backbone.journal(ECHOES)) == 1

    async def test_what_a_reaction_says_is_journalled_with_what_it_does(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        note = await backbone.run(NOTES, WriteNote("heard"))
        await backbone.settled()
        said = await backbone.journal(ECHOES)
        assert [(entry.type, entry.data["note_id"], entry.actor) for entry in said] == [
            (NoteEchoed.type(), str(note.id), "system")
        ]

    async def test_a_reaction_that_says_nothing_journals_nothing(self, backbone: Backbone) -> None:
        BROKEN.add("hushed")
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("hushed"))
        await backbone.settled()
        assert await backbone.journal(ECHOES) == []
        assert [echo.line for echo in await backbone.kept(ECHOES, Echo)] == [-1]

    async def test_reactions_happen_in_the_order_of_the_events(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        note = await backbone.run(NOTES, WriteNote("long"))
        for _ in range(10):
            await backbone.run(NOTES, AddLine(note.id))
        await backbone.settled()
        assert _lines(await backbone.kept(ECHOES, Echo)) == [0, *range(2, 12)]

    async def test_a_trace_goes_on_in_what_reactions_say(self, backbone: Backbone) -> None:
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("traced"), cause=Cause(Actor(ActorKind.STAFF), traceparent=TRACE))
        await backbone.settled()
        traces = [entry.traceparent or "" for entry in await backbone.journal(ECHOES)]
        assert [trace.split("-")[1] for trace in traces] == [TRACE.split("-")[1]]

    async def test_a_reaction_that_keeps_failing_is_parked_and_its_neighbours_go_on(
        self, backbone: Backbone
    ) -> None:
        BROKEN.add("bad")
        await backbone.start(notes, echoes)
        receipts = [await backbone.run(NOTES, WriteNote(text)) for text in ("good", "bad", "better")]
        await backbone.settled()
        echoed = [echo.note_id for echo in await backbone.kept(ECHOES, Echo) if echo.line == 0]
        assert echoed == [receipts[0].id, receipts[2].id]
        assert [
            (parked_event.reaction, parked_event.position, parked_event.source)
            for parked_event in await backbone.parked(ECHOES)
        ] == [("echo_the_note", 2, NOTES)]

    async def test_a_reaction_is_tried_five_times_by_itself(self, backbone: Backbone) -> None:
        await self._parked(backbone)
        assert FAILED["bad"] in (5, 6)  # perhaps once before that, together with its neighbours

    async def test_a_parked_event_says_why_without_quoting_it(self, backbone: Backbone) -> None:
        BROKEN.add("a secret")
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("a secret"))
        await backbone.settled()
        (parked,) = await backbone.parked(ECHOES)
        assert "CannotEcho" in parked.why
        assert "secret" not in parked.why

    async def test_a_parked_event_that_is_retried_has_one_effect(self, backbone: Backbone) -> None:
        parked = await self._parked(backbone)
        BROKEN.clear()
        await backbone.retry(ECHOES, parked.id)
        await backbone.settled()
        assert len([echo for echo in await backbone.kept(ECHOES, Echo) if echo.line == 0]) == 1
        assert len(await backbone.journal(ECHOES)) == 1

    async def test_a_parked_event_can_be_retried_with_success_only_once(self, backbone: Backbone) -> None:
        parked = await self._parked(backbone)
        BROKEN.clear()
        await backbone.retry(ECHOES, parked.id)
        with pytest.raises(NotFound):
            await backbone.retry(ECHOES, parked.id)

    async def test_a_retry_that_fails_leaves_the_event_parked_and_nothing_else(
        self, backbone: Backbone
    ) -> None:
        parked = await self._parked(backbone)
        with pytest.raises(StillFailing):
            await backbone.retry(ECHOES, parked.id)
        assert [parked_event.id for parked_event in await backbone.parked(ECHOES)] == [parked.id]
        assert [echo.line for echo in await backbone.kept(ECHOES, Echo)] == [-1]

    async def test_a_parked_event_that_is_dropped_has_no_effect(self, backbone: Backbone) -> None:
        parked = await self._parked(backbone)
        BROKEN.clear()
        await backbone.drop(ECHOES, parked.id)
        await backbone.settled()
        assert [echo.line for echo in await backbone.kept(ECHOES, Echo)] == [-1]
        with pytest.raises(NotFound):
            await backbone.drop(ECHOES, parked.id)

    async def test_another_corporation_cannot_touch_a_parked_event(self, backbone: Backbone) -> None:
        parked = await self._parked(backbone)
        theirs = backbone.corporations[1]
        for attempt in (backbone.retry, backbone.drop):
            with pytest.raises(NotFound):
                await attempt(ECHOES, parked.id, theirs)
        assert [parked_event.id for parked_event in await backbone.parked(ECHOES)] == [parked.id]

    async def test_the_same_key_many_times_at_once_has_one_effect_and_one_receipt(
        self, backbone: Backbone
    ) -> None:
        await backbone.start(notes)
        key = IdempotencyKey.of(new_id(), "mine", b"the same")
        receipts = await asyncio.gather(*(backbone.run(NOTES, WriteNote("once"), key=key) for _ in range(12)))
        await backbone.settled()
        assert len(set(receipts)) == 1
        assert len(await backbone.journal(NOTES)) == 1

    async def test_a_key_is_not_for_another_request(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        somebody = new_id()
        await backbone.run(NOTES, WriteNote("one"), key=IdempotencyKey.of(somebody, "mine", b"one"))
        with pytest.raises(KeyReused):
            await backbone.run(NOTES, WriteNote("two"), key=IdempotencyKey.of(somebody, "mine", b"two"))

    async def test_a_key_is_its_principals_own(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        keys = [IdempotencyKey.of(new_id(), "mine", b"one") for _ in range(2)]
        receipts = [await backbone.run(NOTES, WriteNote("one"), key=key) for key in keys]
        assert receipts[0].id != receipts[1].id

    async def test_a_refused_request_does_not_use_up_its_key(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        note = await backbone.run(NOTES, WriteNote("first"))
        key = IdempotencyKey.of(new_id(), "mine", b"one")
        with pytest.raises(NoteIsTorn):
            await backbone.run(NOTES, TearNote(note.id), key=key)
        await backbone.run(NOTES, WriteNote("second"), key=key)
        assert len(await backbone.kept(NOTES, Note)) == 2

    @pytest.mark.parametrize(
        ("moments", "kept"),
        [
            ([NOON], NOON),
            ([NOON, LATER], LATER),
            ([LATER, NOON], LATER),
            ([None, NOON], None),
            ([NOON, None], None),
        ],
    )
    async def test_tokens_stay_revoked_as_far_as_they_ever_were_and_in_one_corporation(
        self, backbone: Backbone, moments: list[datetime | None], kept: datetime | None
    ) -> None:
        await backbone.start(notes)
        somebody = new_id()
        for moment in moments:
            await backbone.run(NOTES, Revoke(somebody, moment))
        assert await backbone.revoked(NOTES) == {somebody: kept}
        assert await backbone.revoked(NOTES, backbone.corporations[1]) == {}

    async def test_a_producer_that_is_not_there_is_silence(self, backbone: Backbone) -> None:
        await backbone.start(echoes)
        await backbone.settled()
        assert await backbone.journal(ECHOES) == []
        assert await backbone.parked(ECHOES) == []

    async def test_a_consumer_that_comes_late_catches_up_in_order(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        written = [await backbone.run(NOTES, WriteNote(f"note {number}")) for number in range(12)]
        await backbone.settled()
        await backbone.start(echoes)
        await backbone.settled()
        echoed = [echo.note_id for echo in await backbone.kept(ECHOES, Echo) if echo.line == 0]
        assert echoed == [note.id for note in written]

    async def test_an_event_arrives_as_it_was_said(self, backbone: Backbone) -> None:
        await backbone.start(notes)
        house, text = new_id(), 'Koffie & "thee" – 普通话 🏠 \u202e </script>'
        note = await backbone.run(NOTES, WriteNote(text, house))
        await backbone.settled()
        (said,) = await backbone.journal(NOTES)
        assert said.event() == NoteWritten(note_id=note.id, text=text, house_id=house)
        assert (said.house, said.subject, said.corporation) == (
            str(house),
            str(note.id),
            backbone.corporations[0],
        )

    async def _parked(self, backbone: Backbone) -> ParkedEvent:
        """An echo that could not be, and its parked event."""
        BROKEN.add("bad")
        await backbone.start(notes, echoes)
        await backbone.run(NOTES, WriteNote("bad"))
        await backbone.settled()
        (parked,) = await backbone.parked(ECHOES)
        return parked


def _resident(cause: Cause) -> UUID:
    assert cause.resident_id
    return cause.resident_id


def _positions(journal: list[Envelope]) -> list[int]:
    return [entry.position for entry in journal]


def _lines(kept: list[Echo]) -> list[int]:
    return [aggregate.line for aggregate in kept if aggregate.line >= 0]
