"""What an event is: a frozen fact with a versioned name, an audience and perhaps erasable words.

Each file beside this one holds what one service says; together they are the published contract.
A field is only ever added, with a default. Anything else is a new version beside the old one.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeVar
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field

TYPE_PREFIX = "nl.buurtthuis."

T = TypeVar("T")

#: Words that a person wrote. They may be taken back: every reader meets `None` after that.
Erasable = Annotated[T | None, Field(json_schema_extra={"x-erasable": True})]

#: Whom it is about, by pseudonym, in an event that residents or everybody may see: they are shown it without.
WITHHELD = "withheld below staff"
Withheld = Annotated[UUID, WITHHELD]

#: How many: never less than none, and no more than every JSON reader can hold.
Count = Annotated[int, Ge(0), Le(2**53)]


class Audience(StrEnum):
    """Who may see an event in a feed; each audience includes the ones before it."""

    PUBLIC = "public"
    RESIDENTS = "residents"
    STAFF = "staff"
    SYSTEM = "system"

    @property
    def rank(self) -> int:
        """0 for everybody, higher for fewer."""
        return list(Audience).index(self)


def _may_grow(schema: dict[str, Any]) -> None:
    """A reader has to expect fields of a newer producer, though a producer may say none but its own."""
    del schema["additionalProperties"]


class Event(BaseModel):
    """Something that happened to an aggregate.

    Subclasses name themselves, and the field that has the aggregate's id:

        class ThemeProposed(Event, name="surveys.theme-proposed.v1", subject="theme_id", audience=Audience.STAFF):

    Whoever makes one says its fields and no others (ValidationError); `parse` ignores what a newer producer added. Where a reaction to it cannot be undone (`irreversible=True`),
    nobody acts on what the stream says of it: listeners read it in its producer's feed.

    A subclass without one of these keywords raises TypeError, and so does one with another keyword, one whose subject
    is none of its fields, and one whose name another class has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_may_grow)

    name: ClassVar[str]
    subject_field: ClassVar[str]
    audience: ClassVar[Audience]
    irreversible: ClassVar[bool]
    known: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(
        cls, *, name: str, subject: str, audience: Audience, irreversible: bool = False
    ) -> None:
        super().__init_subclass__()
        cls.name, cls.subject_field, cls.audience, cls.irreversible = name, subject, audience, irreversible
        other = Event.known.setdefault(cls.type(), cls)
        if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{name} is the name of {other.__module__}.{other.__qualname__} already")
        Event.known[cls.type()] = cls

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """The keywords are ours; pydantic needs none of them. Its fields are known from here on."""
        if cls.subject_field not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no field {cls.subject_field} to be its subject")

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Self:
        """The event as it was said, by whichever version of its producer. Raises ValidationError."""
        return cls.model_validate({name: data[name] for name in cls.model_fields.keys() & data.keys()})

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type: `nl.buurtthuis.surveys.theme-proposed.v1`."""
        return TYPE_PREFIX + cls.name

    @classmethod
    def producer(cls) -> str:
        """The service that says this."""
        return cls.name.partition(".")[0]

    @classmethod
    def erasable(cls) -> frozenset[str]:
        """The fields that can be taken back out of the journal, the streams and every consumer."""
        return frozenset(
            name
            for name, field in cls.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("x-erasable")
        )

    @classmethod
    def withheld(cls) -> frozenset[str]:
        """The fields that nobody below staff is shown."""
        return frozenset(name for name, field in cls.model_fields.items() if WITHHELD in field.metadata)

    @property
    def subject(self) -> str:
        """The id of the aggregate that this happened to."""
        return str(getattr(self, self.subject_field))
