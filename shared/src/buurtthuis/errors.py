"""Refusals: what a person or a program did that cannot be done, and how that is told over HTTP.

An error is a class whose docstring is its message; the keyword arguments fill the docstring's
`{fields}`. `problem` turns one into an RFC 9457 document, and is the only place that does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from buurtthuis.events import Event

PROBLEM_JSON = "application/problem+json"


class Refused(Exception):
    """This cannot be done now."""

    status: ClassVar[int] = 409

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        self.field = field
        self.facts = facts
        #: After so long it is worth another try, where that is known.
        self.seconds: int | None = None
        #: What happened all the same, by being refused; it is kept, with what was done for it.
        self.happened: Sequence[Event] = ()
        #: What a program reads of it besides: further members of the document (RFC 9457, 3.2).
        self.more: Mapping[str, Any] = {}
        super().__init__((type(self).__doc__ or "").strip().format_map(facts))

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says of it besides the document: when to come back, where that is known."""
        return {"Retry-After": str(self.seconds)} if self.seconds else {}

    @classmethod
    def kind(cls) -> str:
        """The stable last part of the problem's `type`: `NotADraft` is `not-a-draft`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()

    @classmethod
    def type_urn(cls) -> str:
        """The stable identifier a program may compare with."""
        return f"urn:problem-type:buurtthuis:{cls.kind()}"

    @classmethod
    def title(cls) -> str:
        """The same words for every occurrence of this kind."""
        return cls.kind().replace("-", " ").capitalize()


class Invalid(Refused):
    """{message}"""

    status = 422

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(field=field, message=message)


class AskedToBeForgotten(Refused):
    """This resident asked to be forgotten: nothing is done in their name any more."""

    status = 403


class NotFound(Refused):
    """There is no {what} with id {id}."""

    status = 404


class NoSuchPage(Refused):
    """There is nothing at this address."""

    status = 404


class MethodNotAllowed(Refused):
    """This address does not take {method} requests."""

    status = 405


class Unauthenticated(Refused):
    """This request needs a valid access token: {why}."""

    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """With what somebody can identify themselves."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(Refused):
    """This is for {roles}; your token does not say that you are one of them."""

    status = 403


class Outdated(Refused):
    """Somebody changed this in the meantime: it is at version {current} and you sent {sent}. Read it again first."""

    status = 412


class VersionMissing(Refused):
    """Send the version you read in If-Match, so that nobody's change is overwritten unseen."""

    status = 428


class KeyReused(Refused):
    """This Idempotency-Key was used before for another request."""

    status = 422


class TooLarge(Refused):
    """A request body is {limit} KiB at most."""

    status = 413


class NotJson(Refused):
    """Send the body as JSON, with Content-Type: application/json."""

    status = 415


class NotSheet(Refused):
    """Send the sheet as it is, with Content-Type: text/csv."""

    status = 415


class Unavailable(Refused):
    """We cannot reach our database or message stream just now. Please try again in {seconds} seconds; with the same Idempotency-Key it cannot happen twice."""

    status = 503

    def __init__(self, seconds: int = 5) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


def problem(error: Refused, instance: str | None = None) -> dict[str, Any]:
    """The RFC 9457 document for a refusal; `instance` is the request's id."""
    document: dict[str, Any] = {
        "type": error.type_urn(),
        "title": error.title(),
        "status": error.status,
        "detail": str(error),
    }
    if instance:
        document["instance"] = f"urn:uuid:{instance}"
    if error.field:
        document["errors"] = [{"field": error.field, "message": str(error)}]
    return document | dict(error.more)
