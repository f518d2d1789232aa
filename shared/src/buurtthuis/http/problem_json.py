"""What a refusal is over HTTP: a status, headers, and an RFC 9457 document. Nothing else knows."""

from typing import Any, Final

from buurtthuis.core.errors import Refusal, Refused, Steps
from buurtthuis.http.sentences import ENGLISH, sentence_for

PROBLEM_JSON: Final = "application/problem+json"
STATUS: Final = {
    Refusal.CONFLICT: 409,
    Refusal.FORBIDDEN: 403,
    Refusal.UNAUTHENTICATED: 401,
    Refusal.NOT_FOUND: 404,
    Refusal.MALFORMED: 400,
    Refusal.INVALID: 422,
    Refusal.TOO_OFTEN: 429,
    Refusal.TOO_LARGE: 413,
    Refusal.OTHER_FORM: 415,
    Refusal.NO_SUCH_METHOD: 405,
    Refusal.NO_SUCH_FORM: 406,
    Refusal.MISDIRECTED: 421,
    Refusal.OUTDATED: 412,
    Refusal.VERSION_MISSING: 428,
    Refusal.UNAVAILABLE: 503,
    Refusal.FAILED: 500,
}


def status_of(error: Refused | type[Refused]) -> int:
    """The status code of a kind of refusal."""
    return STATUS[error.kind]


def type_urn(error: type[Refused]) -> str:
    """The stable identifier that a program may compare with."""
    return f"urn:problem-type:buurtthuis:{error.code()}"


def title_of(error: type[Refused]) -> str:
    """The same words for every occurrence of a refusal."""
    return error.code().replace("-", " ").capitalize()


def headers_of(error: Refused, language: str = ENGLISH) -> dict[str, str]:
    """What an answer says of it besides the document: when to come back, or by what somebody can identify themselves."""
    return {**_how_to_go_on(error), **in_words(language)}


def in_words(language: str) -> dict[str, str]:
    """Of a document that another reader gets in another language."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def _how_to_go_on(error: Refused) -> dict[str, str]:
    if error.kind is Refusal.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(error.seconds)} if error.seconds else {}


def place_of(error: Refused) -> str | None:
    """Where in a request it is that something is wrong: a JSON Pointer (RFC 6901) into the body, or what the edge says."""
    return error.place or (pointer_to(error.field) if error.field else None)


def pointer_to(steps: Steps) -> str:
    """A JSON Pointer to a part of a command, which is made of a body."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def problem(error: Refused, instance: str | None = None, language: str = ENGLISH) -> dict[str, Any]:
    """The document; `instance` is the request's id."""
    detail = sentence_for(error, language)
    document: dict[str, Any] = {
        "type": type_urn(type(error)),
        "title": title_of(type(error)),
        "status": status_of(error),
        "detail": detail,
    }
    if instance:
        document["instance"] = f"urn:uuid:{instance}"
    if place := place_of(error):
        document["errors"] = [{"field": place, "message": detail}]
    return document | dict(error.more)
