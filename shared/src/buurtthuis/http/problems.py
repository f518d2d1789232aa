"""How a refusal looks: problem+json (RFC 9457), and what of it stands in OpenAPI."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from buurtthuis.core.errors import (
    Forbidden,
    Invalid,
    KeyReused,
    Malformed,
    MethodNotAllowed,
    NoSuchPage,
    NotFound,
    NotJson,
    Outdated,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from buurtthuis.http.limits import pointer
from buurtthuis.http.problem_json import (
    PROBLEM_JSON,
    headers_of,
    in_words,
    problem,
    status_of,
    title_of,
    type_urn,
)
from buurtthuis.http.sentences import ENGLISH, language_of, sentence_for_field

#: A refusal shows the first of them, where there are not more in all than this.
SHOWN, MISTAKES = 20, 100


def problems(*errors: type[Refused]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: these refusals, and those that every route can give."""
    documented: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[Refused], ...] = (
        *errors,
        Unauthenticated,
        Forbidden,
        Malformed,
        Invalid,
        TooLarge,
        NotJson,
        Unavailable,
    )
    for error in dict.fromkeys(every):
        response = documented.setdefault(
            status_of(error),
            {
                "description": "",
                "content": {
                    PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
                },
            },
        )
        sentence = (error.__doc__ or "").strip()
        response["description"] = f"{response['description']} {title_of(error)}.".strip()
        response["content"][PROBLEM_JSON]["examples"][error.code()] = {
            "summary": title_of(error),
            "value": {
                "type": type_urn(error),
                "title": title_of(error),
                "status": status_of(error),
                "detail": sentence,
            },
        }
    return documented


#: The refusals of a route that makes something under a parent, or moves something that is there.
MOVING: tuple[type[Refused], ...] = (NotFound, Outdated, KeyReused)
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable; compare with this."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "instance": {"type": "string", "description": "The request's id, as in our log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def answer_refusals(app: FastAPI) -> None:
    """Map every refusal, ours and the framework's, to a problem document."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_as_described)
    app.add_exception_handler(HTTPException, _http)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    language = language_of(request.scope["headers"])
    return _problem(request, problem(error, language=language), headers_of(error, language))


async def _not_as_described(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language = language_of(request.scope["headers"])
    mistakes = [
        {"field": _field(mistake["loc"]), "message": sentence(mistake, language)}
        for mistake in error.errors()[:SHOWN]
    ]
    first = Malformed(mistakes[0]["message"], place=mistakes[0]["field"])
    return _problem(request, {**problem(first), "errors": mistakes}, in_words(language))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    language = language_of(request.scope["headers"])
    return _problem(request, http_problem(request, error), {**(error.headers or {}), **in_words(language)})


def http_problem(request: Request, error: HTTPException) -> dict[str, Any]:
    """The problem document of what the framework refuses by itself."""
    language = language_of(request.scope["headers"])
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return problem(NoSuchPage(), language=language)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return problem(MethodNotAllowed(method=request.method), language=language)
        case status:
            return {"type": "about:blank", "title": error.detail, "status": status, "detail": error.detail}


def _problem(
    request: Request, document: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    document["instance"] = f"urn:uuid:{request.scope['state']['request_id']}"
    return JSONResponse(document, document["status"], headers=dict(headers or {}), media_type=PROBLEM_JSON)


#: Where pydantic's words are about programs rather than about what was sent.
ABOUT_PROGRAMS = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no field of this name.",
    "model_attributes_type": "This should be a JSON object.",
    "string_pattern_mismatch": "This is not written as it should be; the API's pages show an example.",
}


def sentence(mistake: Any, language: str = ENGLISH) -> str:
    """One of pydantic's mistakes, in words for whoever sent it."""
    english = ABOUT_PROGRAMS.get(mistake["type"]) or f"{mistake['msg'].removeprefix('Value error, ')}."
    return sentence_for_field(mistake["type"], mistake.get("ctx", {}), english, language)


def _field(location: tuple[Any, ...]) -> str:
    """Where a mistake is: a JSON Pointer into the body, or `?name`, or a header's or path part's name."""
    place, *path = location
    match place:
        case "body":
            return "/" + "/".join(pointer(part) for part in path)
        case "query":
            return f"?{path[0]}"
        case "header":
            return str(path[0]).title()
        case _:
            return str(path[0]) if path else str(place)
