"""What is sent and what is answered: bodies, pages, and words as people type them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

from annotated_types import Ge, Le
from fastapi import Depends, Query, Request, Response
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    NaiveDatetime,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from buurtthuis.core.texts import as_keyed, bare, can_be_read, is_one_line, without_hidden
from buurtthuis.http.limits import FORM
from buurtthuis.http.problems import MISTAKES

T = TypeVar("T")

#: What the button of a page without a program sends, and mail programs for one click (RFC 8058): nothing in it is read.
BUTTON: dict[str, Any] = {
    "requestBody": {
        "content": {
            FORM: {"schema": {"type": "object"}},
            "multipart/form-data": {"schema": {"type": "object"}},
            "text/plain": {"schema": {"type": "string"}},
        }
    }
}


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar are outside it elsewhere
        raise ValueError("That moment is outside the calendar") from None


def _written_out(sent: object) -> object:
    """pydantic would take a number for seconds since 1970."""
    if isinstance(sent, str | int | float) and not WRITTEN_OUT.match(str(sent)):
        raise ValueError("A time is written out, as RFC 3339 has it")
    return sent


#: How dates and times begin, that people and programs write as ISO 8601 and RFC 3339 have them.
WRITTEN_OUT = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}:\d{2}")
#: For whatever is a date or a time, last of all: a number is none.
TIME = BeforeValidator(_written_out)
#: A moment that a client sends, in UTC here; one at the edge of the calendar is refused by name.
Moment = Annotated[AwareDatetime, AfterValidator(_utc), TIME]
#: A day that a client sends. Outside these it is a typing error, and the ends of the calendar have no time zones.
Day = Annotated[date, Ge(date(2000, 1, 1)), Le(date(2200, 1, 1)), TIME]


#: What the clock on the wall shows: no offset, so it is not the `date-time` of JSON Schema.
WallClock = Annotated[
    NaiveDatetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$",
            "examples": ["2030-01-10T19:30:00"],
        }
    ),
    TIME,
]
#: The same without its day.
WallTime = Annotated[time, WithJsonSchema({"type": "string", "format": "time-local"}), TIME]


def _one_line(sent: object) -> object:
    if not isinstance(sent, str):
        return sent
    text = sent.strip()
    if not is_one_line(text):
        raise ValueError("This goes on one line")
    if text and not can_be_read(text):
        raise ValueError("There is nothing to read in this")
    return text


class Written:
    """For text of one form: documented by its pattern, and refused with a sentence. Put it before TYPED and KEYED."""

    def __init__(self, pattern: str, otherwise: str) -> None:
        self._pattern = re.compile(pattern)
        self._otherwise = otherwise

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """See pydantic's documentation of custom types."""
        return no_info_after_validator_function(self._check, handler(kind))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The same."""
        return {**handler(core), "pattern": self._pattern.pattern}

    def _check(self, sent: str) -> str:
        if not self._pattern.search(sent):
            raise ValueError(self._otherwise)
        return sent


#: For names, titles and places of any length: one line, with something in it to be seen. Put it last in `Annotated`.
ONE_LINE = BeforeValidator(_one_line)
#: For what somebody is called, last of all: what nobody sees in a name is not in it.
NAME = BeforeValidator(lambda sent: without_hidden(sent) if isinstance(sent, str) else sent)
#: For addresses, numbers and what is searched for, last of all: phones and keyboards add what nobody sees.
TYPED = BeforeValidator(lambda sent: bare(sent) if isinstance(sent, str) else sent)
#: For codes on paper, in messages and in a room, and what is like them, last of all: in the digits of any script.
KEYED = BeforeValidator(lambda sent: as_keyed(sent) if isinstance(sent, str) else sent)
#: One of the usual length.
Line = Annotated[str, Field(min_length=1, max_length=200), ONE_LINE]


class Part(BaseModel):
    """Something in what a client sends: unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


def _show_as_sent(schema: dict[str, Any]) -> None:
    """What the API pages offer to send: what must be there, and what has an example."""
    shown = {name: _example(field) for name, field in schema.get("properties", {}).items()}
    schema.setdefault("examples", [{name: value for name, value in shown.items() if value is not None}])


def _example(field: dict[str, Any]) -> Any:
    """The first that is given for a field, or for what it may be."""
    given = (example for kind in (field, *field.get("anyOf", ())) for example in kind.get("examples", ()))
    return next(given, None)


class Body(Part):
    """What a client sends, as a whole. Where two of its fields exclude each other, one alone has an example."""

    model_config = ConfigDict(json_schema_extra=_show_as_sent)

    @model_validator(mode="wrap")
    @classmethod
    def _with_few_mistakes(cls, sent: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """To put thousands of mistakes into words takes long, and nobody reads them."""
        try:
            return handler(sent)
        except ValidationError as error:
            if (count := error.error_count()) <= MISTAKES:
                raise
            raise PydanticCustomError(
                "too_many", "There are {count} mistakes in this; is it for this address?", {"count": count}
            ) from None


class Page(BaseModel, Generic[T]):
    """One page of a list; pass `next` as `after` to get the following one."""

    items: list[T]
    next: UUID | None = None

    @classmethod
    def of(cls, items: list[T], limit: int) -> "Page[T]":
        """A full page has a next one, which may be empty."""
        last = getattr(items[-1], "id", None) if len(items) == limit else None
        return cls(items=items, next=last)


@dataclass(frozen=True)
class Cursor:
    """Where a page starts and how long it is."""

    request: Request
    response: Response
    after: Annotated[UUID | None, Query(description="The `next` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=200, description="Items on a page.")] = 50

    def of(self, items: list[T]) -> Page[T]:
        """The page, and in the head of the answer the address of the next (RFC 8288)."""
        page = Page.of(items, self.limit)
        if page.next:
            following = self.request.url.include_query_params(after=page.next)
            self.response.headers["Link"] = f'<{following}>; rel="next"'
        return page


Paging = Annotated[Cursor, Depends()]
