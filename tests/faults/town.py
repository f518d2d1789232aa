"""Three services small enough to count everything they do: a speaker, a hearer, and an echo of the hearer."""

import asyncio
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Receipt, Work, new_id
from buurtthuis.events import Audience, Event
from buurtthuis.http.models import Body
from buurtthuis.http.policies import may_post
from buurtthuis.http.requests import Caller
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.columns import corporation_table, map_aggregate
from buurtthuis.runtime.service import Service
from fastapi import APIRouter
from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.orm import registry


class Mood(StrEnum):
    """What a word does to whoever hears it."""

    WELL = "well"
    RAISE = "raise"
    CLASH = "clash"
    KILL = "kill"
    WAIT = "wait"


class LineOpened(Event, name="speaker.line-opened.v1", subject="line_id", audience=Audience.STAFF):
    """There is a line to say words on."""

    line_id: UUID


class Said(Event, name="speaker.said.v1", subject="line_id", audience=Audience.STAFF):
    """A word was said; `number` counts the words of its line from 1 without a gap."""

    line_id: UUID
    number: int
    word: str
    mood: Mood


class Heard(Event, name="hearer.heard.v1", subject="heard_id", audience=Audience.STAFF):
    """A word was heard, and is told on."""

    heard_id: UUID
    line_id: UUID
    number: int
    word: str


class Wondered(Event, name="hearer.wondered.v1", subject="wonder_id", audience=Audience.STAFF):
    """A strange word was heard; nobody listens to this."""

    wonder_id: UUID


class Echoed(Event, name="echo.echoed.v1", subject="heard_id", audience=Audience.STAFF):
    """Nobody listens to this."""

    heard_id: UUID


class Unspeakable(Refused):
    """This word is refused, after it was written down."""


@dataclass(eq=False)
class Line:
    """Counts its words."""

    id: UUID
    said: int = 0
    version: int = 0

    @classmethod
    def open(cls) -> tuple[Self, LineOpened]:
        line = cls(new_id())
        return line, LineOpened(line_id=line.id)

    def say(self, word: str, mood: Mood) -> Said:
        self.said += 1
        return Said(line_id=self.id, number=self.said, word=word, mood=mood)


@dataclass(eq=False)
class Row:
    """One effect of one event. Nothing keeps it from being there twice, so that the tests can count."""

    id: UUID
    reaction: str
    line: UUID
    number: int
    word: str
    version: int = 0


mapper = registry()
map_aggregate(
    mapper,
    Line,
    corporation_table(
        "lines",
        mapper.metadata,
        Column("id", Uuid, primary_key=True),
        Column("said", Integer, nullable=False),
        Column("version", Integer, nullable=False),
    ),
)
map_aggregate(
    mapper,
    Row,
    corporation_table(
        "effects",
        mapper.metadata,
        Column("id", Uuid, primary_key=True),
        Column("reaction", String, nullable=False),
        Column("line", Uuid, nullable=False),
        Column("number", Integer, nullable=False),
        Column("word", String, nullable=False),
        Column("version", Integer, nullable=False),
    ),
)

speaking, hearing, echoing = Handlers(), Handlers(), Handlers()


@dataclass(frozen=True)
class OpenLine:
    pass


@speaking.command
async def open_line(command: OpenLine, work: Work) -> LineOpened:
    return work.add(Line.open())


@dataclass(frozen=True)
class Say:
    line: UUID
    word: str
    mood: Mood
    refuse: bool


@speaking.command
async def say(command: Say, work: Work) -> Said:
    said = (await work.get(Line, command.line)).say(command.word, command.mood)
    if command.refuse:
        raise Unspeakable
    return said


@hearing.event
async def note(event: Said, work: Work) -> Heard:
    """Suffers from what the word does, until its cause is mended."""
    if event.mood is not Mood.WELL and not mended():
        await suffer(event, work)
    row = Row(new_id(), "note", event.line_id, event.number, event.word)
    return work.add(
        (row, Heard(heard_id=row.id, line_id=event.line_id, number=event.number, word=event.word))
    )


@hearing.event
async def note_the_strange_ones(event: Said, work: Work) -> Wondered | None:
    """A second reaction to the same event, with nothing the matter."""
    if event.mood is Mood.WELL:
        return None
    row = Row(new_id(), "note_the_strange_ones", event.line_id, event.number, event.word)
    return work.add((row, Wondered(wonder_id=row.id)))


@echoing.event
async def repeat(event: Heard, work: Work) -> Echoed:
    row = Row(new_id(), "repeat", event.line_id, event.number, event.word)
    return work.add((row, Echoed(heard_id=row.id)))


async def suffer(event: Said, work: Work) -> None:
    """Fail in the way that the word says."""
    match event.mood:
        case Mood.RAISE:
            raise ValueError("this word cannot be heard")
        case Mood.KILL:
            os._exit(1)
        case Mood.CLASH:
            row = Row(new_id(), "too long " * 20, event.line_id, event.number, event.word)
            work.add((row, Echoed(heard_id=row.id)))
        case _:
            while not mended():
                await work.find(Line, said=-1)
                await asyncio.sleep(0.02)


def mended() -> bool:
    """Whether the test has mended what made the reaction fail."""
    return Path(os.environ["MENDED"]).exists()


router = APIRouter(prefix="/lines")
Staff = Annotated[Caller, may_post(Role.STAFF)]


class SayBody(Body):
    word: str
    mood: Mood = Mood.WELL
    refuse: bool = False


@router.post("", status_code=201)
async def post_line(caller: Staff) -> Receipt:
    """Open a line."""
    return await caller.run(OpenLine())


@router.post("/{id}/words")
async def post_word(id: UUID, body: SayBody, caller: Staff) -> Receipt:
    """Say a word."""
    return await caller.run(Say(id, body.word, body.mood, body.refuse))


def _service(name: str, summary: str, handlers: Handlers, router: APIRouter | None = None) -> Service:
    return Service(name, summary, (handlers,), Path(__file__).parent / "migrations", router)


SERVICES = {
    service.name: service
    for service in (
        _service("speaker", "Says words.", speaking, router),
        _service("hearer", "Hears the speaker.", hearing),
        _service("echo", "Hears the hearer.", echoing),
    )
}
