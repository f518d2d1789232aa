"""Notes and their echoes: aggregates, commands and reactions on one page, since they are samples."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Cause, Versions, Work, new_id
from buurtthuis.events import Audience, Erasable, Event

#: Reactions fail on notes that say this, until it is taken out again.
BROKEN: set[str] = set()
#: A note that says this asks the reader to forget its writer.
FORGET_ME = "forget me"
#: How often a reaction failed on them.
FAILED: Counter[str] = Counter()


class NoteWritten(Event, name="sample_notes.note-written.v1", subject="note_id", audience=Audience.RESIDENTS):
    """Somebody began a note."""

    note_id: UUID
    text: Erasable[str]
    house_id: UUID | None = None


class LineAdded(Event, name="sample_notes.line-added.v1", subject="note_id", audience=Audience.STAFF):
    """A note grew by a line, the last of so many."""

    note_id: UUID
    line: int


class NoteEchoed(Event, name="sample_echoes.note-echoed.v1", subject="echo_id", audience=Audience.SYSTEM):
    """A note was heard."""

    echo_id: UUID
    note_id: UUID


class StrangerSpoke(
    Event, name="sample_strangers.stranger-spoke.v1", subject="stranger_id", audience=Audience.SYSTEM
):
    """Said by a service that is nowhere installed."""

    stranger_id: UUID


class NoteIsTorn(Refused):
    """This note cannot be torn."""


class CannotEcho(Exception):
    """A reaction gives up."""


@dataclass(eq=False)
class Page:
    """A part of a note."""

    id: UUID
    note_id: UUID
    line: int


@dataclass(eq=False)
class Note:
    """A text, and the lines that were added to it; of a house, or of none."""

    id: UUID
    text: str
    lines: int = 1
    label: str | None = None
    house_id: UUID | None = None
    version: int = 0
    pages: list[Page] = field(default_factory=list)

    def add_line(self) -> LineAdded:
        """One more."""
        self.lines += 1
        self.pages.append(Page(new_id(), self.id, self.lines))
        return LineAdded(note_id=self.id, line=self.lines)


@dataclass(eq=False)
class Echo:
    """What was heard of a note: `line` 0 for its first words, -1 for the list of all notes."""

    id: UUID
    note_id: UUID
    line: int
    version: int = 0


writing = Handlers()


@dataclass(frozen=True)
class WriteNote:
    text: str
    house_id: UUID | None = None
    label: str | None = None


@writing.command
async def write_note(command: WriteNote, work: Work) -> NoteWritten:
    await asyncio.sleep(0)  # let others come between, if they can
    note = Note(new_id(), command.text, label=command.label, house_id=command.house_id)
    return work.add((note, NoteWritten(note_id=note.id, text=command.text, house_id=command.house_id)))


@dataclass(frozen=True)
class AddLine:
    note_id: UUID
    version: Versions | None = None


@writing.command
async def add_line(command: AddLine, work: Work) -> LineAdded:
    note = await work.get(Note, command.note_id, command.version)
    await asyncio.sleep(0)  # let others come between, if they can
    return note.add_line()


@dataclass(frozen=True)
class AddLinesEverywhere:
    text: str


@writing.command
async def add_lines_everywhere(command: AddLinesEverywhere, work: Work) -> Result:
    """About many notes, and of none of them it is answered."""
    return Result(None, [note.add_line() for note in await work.find(Note, text=command.text)])


@dataclass(frozen=True)
class AddLineToTheOne:
    text: str


@writing.command
async def add_line_to_the_one(command: AddLineToTheOne, work: Work) -> LineAdded:
    """Refuses where no note says that."""
    note = await work.find_one(Note, text=command.text)
    if note is None:
        raise NoteIsTorn
    return note.add_line()


@dataclass(frozen=True)
class AddLinesToBoth:
    """A line to each of two notes: asked of one of them."""

    note_id: UUID
    other_id: UUID


@writing.command
async def add_lines_to_both(command: AddLinesToBoth, work: Work) -> Result:
    """Looks at the other one first, and tells of it first."""
    other, note = await work.get(Note, command.other_id), await work.get(Note, command.note_id)
    return Result(note, [other.add_line(), note.add_line()])


@dataclass(frozen=True)
class TearNote:
    note_id: UUID


@writing.command
async def tear_note(command: TearNote, work: Work) -> LineAdded:
    """Refuses after it changed one note and added another: neither may be kept."""
    note = await work.get(Note, command.note_id)
    note.add_line()
    other = Note(new_id(), "torn")
    work.add((other, NoteWritten(note_id=other.id, text="torn")))
    await work.find(Note, text="torn")
    raise NoteIsTorn


@dataclass(frozen=True)
class ScratchNote:
    note_id: UUID


@writing.command
async def scratch_note(command: ScratchNote, work: Work) -> LineAdded:
    """Refuses, and the scratch stays."""
    raise NoteIsTorn().keeping((await work.get(Note, command.note_id)).add_line())


@dataclass(frozen=True)
class SmudgeNote:
    note_id: UUID


@writing.command
async def smudge_note(command: SmudgeNote, work: Work) -> LineAdded:
    """Refuses, and the smudge stays, of which nobody is told."""
    (await work.get(Note, command.note_id)).label = "smudged"
    raise NoteIsTorn().keeping()


@dataclass(frozen=True)
class WriteQuietly:
    text: str


@writing.command
async def write_quietly(command: WriteQuietly, work: Work) -> None:
    """Keeps a note that nobody is told of."""
    work.keep(Note(new_id(), command.text))


@dataclass(frozen=True)
class WriteOnce:
    note_id: UUID
    text: str


@writing.command
async def write_once(command: WriteOnce, work: Work) -> LineAdded:
    """A line more in this note, which begins with the first of them."""
    note = await work.get_or_keep(Note(command.note_id, command.text))
    await asyncio.sleep(0)  # let others come between, if they can
    return note.add_line()


@dataclass(frozen=True)
class LookAt:
    note_id: UUID


@writing.command
async def look_at(command: LookAt, work: Work) -> Result:
    """Changes nothing and says nothing."""
    return Result(await work.share(Note, command.note_id))


@dataclass(frozen=True)
class Glance:
    note_id: UUID


@writing.command
async def glance(command: Glance, _: Work) -> Result:
    """Knows of a note no more than that it was named."""
    return Result(command.note_id)


@dataclass(frozen=True)
class CountNotes:
    lines: int


@writing.command
async def count_notes(command: CountNotes, work: Work) -> NoteWritten:
    """A note about how often each text was written; it is among those it counts."""
    work.keep(Note(new_id(), "counted", command.lines))
    counted = await work.count(Note, "text", lines=command.lines)
    everything = await work.count(Note, lines=command.lines)
    note = Note(new_id(), f"{sorted(counted.items())} {dict(everything)}")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class ReadNotes:
    text: str


@writing.command
async def read_notes(command: ReadNotes, work: Work) -> NoteWritten:
    """A note about what is there of these, their pages, and one that this work just wrote."""
    added = Note(new_id(), command.text, 7)
    work.keep(added)
    notes = await work.read(Note, "text", "lines", text=command.text)
    pages = await work.read(Page, "line")
    note = Note(new_id(), f"{notes} {pages} {await work.read_one(Note, added.id, 'lines')}")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class ReadNote:
    note_id: UUID


@writing.command
async def read_note(command: ReadNote, work: Work) -> None:
    await work.read_one(Note, command.note_id, "text")


@dataclass(frozen=True)
class ForgetPages:
    line: int


@writing.command
async def forget_pages(command: ForgetPages, work: Work) -> NoteWritten:
    """A note about how many pages went and how many there still are."""
    gone = await work.forget(Page, line=command.line)
    note = Note(new_id(), f"{gone} gone, {(await work.count(Page)).total()} left")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class ForgetNotes:
    text: str


@writing.command
async def forget_notes(command: ForgetNotes, work: Work) -> None:
    await work.forget(Note, text=command.text)


@dataclass(frozen=True)
class BlankNotes:
    lines: int


@writing.command
async def blank_notes(command: BlankNotes, work: Work) -> NoteWritten:
    """A note about how many lost their labels."""
    blanked = await work.blank(Note, "label", lines=command.lines)
    note = Note(new_id(), f"{blanked} blanked")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class Redact:
    house_id: UUID


@writing.command
async def redact(command: Redact, work: Work) -> NoteWritten:
    """A note about how many entries held words, how many did, and how many do."""
    before = await work.words(command.house_id)
    counted = (before, await work.redact(command.house_id), await work.words(command.house_id))
    note = Note(new_id(), f"{counted}")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class RedactAbout:
    note_id: UUID
    words: tuple[str, ...] = ()


@writing.command
async def redact_about(command: RedactAbout, work: Work) -> NoteWritten:
    """A note about how many entries held such words, and how many do when it is done again."""
    counted = [await work.redact_about([command.note_id], *command.words) for _ in range(2)]
    note = Note(new_id(), f"{counted}")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class Revoke:
    id: UUID
    before: datetime | None = None


@writing.command
async def revoke(command: Revoke, work: Work) -> None:
    await work.revoke(command.id, command.before)


@dataclass(frozen=True)
class Erase:
    resident_id: UUID


@writing.command
async def erase(command: Erase, work: Work) -> NoteWritten:
    """A note about how many entries lost their words, of what kinds, about which notes."""
    wrote = await work.erase(command.resident_id)
    kinds = sorted({entry.event.__name__ for entry in wrote})
    note = Note(new_id(), f"{len(wrote)} {kinds} {len({entry.about for entry in wrote})}")
    return work.add((note, NoteWritten(note_id=note.id, text=note.text)))


@dataclass(frozen=True)
class DoNothing:
    """Neither says nor touches anything."""


@writing.command
async def do_nothing(_: DoNothing, work: Work) -> None: ...


echoing = Handlers()
#: Why each echo was made, by its note.
CAUSES: dict[UUID, Cause] = {}


@echoing.event
async def echo_the_note(event: NoteWritten, work: Work) -> NoteEchoed:
    echo = Echo(new_id(), event.note_id, 0)
    CAUSES[event.note_id] = work.cause
    said = work.add((echo, NoteEchoed(echo_id=echo.id, note_id=event.note_id)))
    if event.text in BROKEN:
        FAILED[event.text] += 1
        raise CannotEcho(event.text)
    return said


@echoing.event
async def list_the_note(event: NoteWritten, work: Work) -> None:
    """Keeps something and says nothing."""
    echo = Echo(new_id(), event.note_id, -1)
    work.add((echo, NoteEchoed(echo_id=echo.id, note_id=event.note_id)))


@echoing.event
async def echo_the_line(event: LineAdded, work: Work) -> NoteEchoed:
    echo = Echo(new_id(), event.note_id, event.line)
    return work.add((echo, NoteEchoed(echo_id=echo.id, note_id=event.note_id)))


@echoing.event
async def forget_whoever_the_echo_is_of(event: NoteWritten, work: Work) -> None:
    """A note that says so asks for its writer to be forgotten here."""
    if event.text == FORGET_ME and work.cause.resident_id:
        await work.erase(work.cause.resident_id)


@echoing.event
async def hear_a_stranger(event: StrangerSpoke, work: Work) -> None:
    """Never happens."""
