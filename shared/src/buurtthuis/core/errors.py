"""Refusals: what a person or a program did that cannot be done.

An error is a class whose docstring is its message; the keyword arguments fill the docstring's
`{fields}`. What a refusal is over HTTP is worked out at the edge, in `http/problem_json.py`.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from typing import Any, ClassVar, Self

from buurtthuis.events import Event

#: From a command to a part of it: names of fields, and numbers in lists.
Steps = tuple[str | int, ...]


class Refusal(StrEnum):
    """Why something is refused, whoever hears it and by whatever way they asked."""

    #: It cannot be done as things are now.
    CONFLICT = auto()
    #: Whoever asks may not do it.
    FORBIDDEN = auto()
    UNAUTHENTICATED = auto()
    #: There is nothing of that name, or nothing that whoever asks may know of.
    NOT_FOUND = auto()
    #: What was sent cannot be read as what is described: its form is wrong, whatever it means.
    MALFORMED = auto()
    #: What was sent breaks a rule, however things are.
    INVALID = auto()
    TOO_OFTEN = auto()
    TOO_LARGE = auto()
    #: It is written in another form than can be read.
    OTHER_FORM = auto()
    NO_SUCH_METHOD = auto()
    #: It cannot be had in a form that whoever asks can read.
    NO_SUCH_FORM = auto()
    MISDIRECTED = auto()
    #: Somebody else was first.
    OUTDATED = auto()
    VERSION_MISSING = auto()
    #: Try again: what we need does not answer.
    UNAVAILABLE = auto()
    FAILED = auto()


class Refused(Exception):
    """This cannot be done now."""

    kind: ClassVar[Refusal] = Refusal.CONFLICT

    def __init__(
        self, *, field: str | Steps | None = None, place: str | None = None, **facts: object
    ) -> None:
        """`field` is what of the command is wrong, a name or the steps that lead there; `place` says where in a request
        something is that is no part of a command, such as a header. What there is of them over HTTP, the edge knows."""
        self.field: Steps = (field,) if isinstance(field, str) else field or ()
        self.place = place
        self.facts = facts
        #: After so long it is worth another try, where that is known.
        self.seconds: int | None = None
        #: What happened all the same. None where everything that was done is taken back, as it is without `keeping`.
        self.kept: Sequence[Event] | None = None
        #: What a program reads of it besides: further members of the document (RFC 9457, 3.2).
        self.more: Mapping[str, Any] = {}
        super().__init__((type(self).__doc__ or "").strip().format_map(facts))

    def keeping(self, *events: Event) -> Self:
        """It is refused, and yet what was done until here stays done, and these events happened.

        `raise NotThisCode(field="code").keeping(claim_refused)`: a wrong code is counted, and told of."""
        self.kept = events
        return self

    @classmethod
    def code(cls) -> str:
        """What a program knows it by: that of `NotADraft` is `not-a-draft`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()


class Invalid(Refused):
    """{message}"""

    kind = Refusal.INVALID

    def __init__(self, message: str, *, field: str | Steps | None = None, place: str | None = None) -> None:
        super().__init__(field=field, place=place, message=message)


class Malformed(Invalid):
    """{message}"""

    kind = Refusal.MALFORMED


class AskedToBeForgotten(Refused):
    """This resident asked to be forgotten: nothing is done in their name any more."""

    kind = Refusal.FORBIDDEN


class NotFound(Refused):
    """There is no {what} with id {id}."""

    kind = Refusal.NOT_FOUND


class NoSuchPage(Refused):
    """There is nothing at this address."""

    kind = Refusal.NOT_FOUND


class MethodNotAllowed(Refused):
    """This address does not take {method} requests."""

    kind = Refusal.NO_SUCH_METHOD


class NotAcceptable(Refused):
    """This can be had as {forms} only."""

    kind = Refusal.NO_SUCH_FORM


class Unauthenticated(Refused):
    """This request needs a valid access token: {why}."""

    kind = Refusal.UNAUTHENTICATED


class Forbidden(Refused):
    """This is for {roles}; your token does not say that you are one of them."""

    kind = Refusal.FORBIDDEN


class ForNoHouse(Refused):
    """You are {role}, but for no house now: a colleague of all houses can give you that right, in notifications at /rights."""

    kind = Refusal.FORBIDDEN


class ForAllHouses(Refused):
    """This is about more than one house: it is for {roles} of all houses, and yours is for some."""

    kind = Refusal.FORBIDDEN


class NotYourHouse(Refused):
    """This is none of the houses that you are here for."""

    kind = Refusal.FORBIDDEN


class Outdated(Refused):
    """Somebody changed this in the meantime: it is at version {current} and you sent {sent}. Read it again first."""

    kind = Refusal.OUTDATED


class VersionMissing(Refused):
    """Send the version you read in If-Match, so that nobody's change is overwritten unseen."""

    kind = Refusal.VERSION_MISSING


class KeyReused(Refused):
    """This Idempotency-Key was used before for another request."""

    kind = Refusal.INVALID


class TooLarge(Refused):
    """A request body is {limit} KiB at most."""

    kind = Refusal.TOO_LARGE


class NotJson(Refused):
    """Send the body as JSON, with Content-Type: application/json."""

    kind = Refusal.OTHER_FORM


class NotSheet(Refused):
    """Send the sheet as it is: CSV with Content-Type: text/csv, or a workbook with that of XLSX."""

    kind = Refusal.OTHER_FORM


class Unavailable(Refused):
    """We cannot reach our database or message stream just now. Please try again in {seconds} seconds; with the same Idempotency-Key it cannot happen twice."""

    kind = Refusal.UNAVAILABLE

    def __init__(self, seconds: int = 5) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


def why(error: BaseException) -> str:
    """What may be kept about a failure: a refusal's own sentence, else only its kind and place.

    Messages of other errors can quote the data they failed on."""
    if isinstance(error, Refused):
        return str(error)
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f" at {frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else ""
    return f"{type(error).__name__}{place}"
