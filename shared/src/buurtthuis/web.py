"""HTTP conventions, the same in every service: who may call, what a command answers, how a refusal looks."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
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
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from buurtthuis.actor import Actor
from buurtthuis.corporations import Corporation, LanguageTag
from buurtthuis.errors import (
    Forbidden,
    Invalid,
    KeyReused,
    MethodNotAllowed,
    NoSuchPage,
    NotFound,
    NotJson,
    Outdated,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
    VersionMissing,
)
from buurtthuis.idempotency import IdempotencyKey
from buurtthuis.identity import Principal, Role
from buurtthuis.languages import Preferred
from buurtthuis.limits import FORM, pointer
from buurtthuis.observe import OPENED_BY
from buurtthuis.problems import PROBLEM_JSON, headers_of, problem, status_of, title_of, type_urn
from buurtthuis.texts import as_keyed, bare, can_be_read, is_one_line, without_hidden
from buurtthuis.tracing import current
from buurtthuis.work import Cause, Receipt, Versions

if TYPE_CHECKING:
    from buurtthuis.service import RunningService

T = TypeVar("T")

#: A refusal shows the first of them, where there are not more in all than this.
SHOWN, MISTAKES = 20, 100

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

bearer = HTTPBearer(auto_error=False, description="An access token; `buurtthuis token` makes one.")


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar are outside it elsewhere
        raise ValueError("That moment is outside the calendar") from None


#: A moment that a client sends, in UTC here; one at the edge of the calendar is refused by name.
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]


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
    schema.setdefault("examples", [{name: one for name, one in shown.items() if one is not None}])


def _example(field: dict[str, Any]) -> Any:
    """The first that is given for a field, or for what it may be."""
    given = (one for kind in (field, *field.get("anyOf", ())) for one in kind.get("examples", ()))
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

    after: Annotated[UUID | None, Query(description="The `next` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=200, description="Items on a page.")] = 50


Paging = Annotated[Cursor, Depends()]


def _preferred(
    language: Annotated[
        LanguageTag | None,
        Query(description="What cannot be had in it comes in plain Dutch.", examples=["ar"]),
    ] = None,
    accept_language: Annotated[
        str | None, Header(description="Where no language is asked for by name.")
    ] = None,
) -> Preferred:
    return Preferred((language,)) if language else Preferred.by_header(accept_language or "")


#: Which languages somebody reads: by name, or as their browser says.
Languages = Annotated[Preferred, Depends(_preferred)]


def in_language(tag: str | None = None) -> dict[str, str]:
    """Headers for what is there in several languages: this is the one, and another reader gets another one."""
    return {"Vary": "Accept-Language", **({"Content-Language": tag} if tag else {})}


class Inside:
    """One corporation, in one request."""

    def __init__(self, service: "RunningService", corporation: Corporation) -> None:
        self.service = service
        self.corporation = corporation

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees this corporation only."""
        async with self.service.database.transaction(self.corporation.slug) as session:
            yield session

    async def time(self, session: AsyncSession) -> datetime:
        """The moment by the one clock that all replicas share."""
        return await self.service.database.time(session)


class Visitor(Inside):
    """Anybody: nobody asked who."""

    async def run(self, command: object) -> Receipt:
        """Have a command done."""
        return await self.service.dispatcher.run(command, self.corporation, Cause("visitor", None, current()))


class Reader(Inside):
    """Somebody who may read: one principal of one corporation, in one request."""

    def __init__(self, service: "RunningService", principal: Principal) -> None:
        super().__init__(service, service.corporations[principal.corporation])
        self.principal = principal

    def has(self, *roles: Role) -> bool:
        """Whether the principal has one of these roles."""
        return not self.principal.roles.isdisjoint(roles)


class Caller(Reader):
    """Somebody who may command."""

    def __init__(
        self,
        service: "RunningService",
        principal: Principal,
        actor: Actor,
        response: Response,
        root: str,
        key: IdempotencyKey | None,
        version: Versions | None,
    ) -> None:
        super().__init__(service, principal)
        #: As what they are let in here, for commands that ask who; what happens is told of the highest that they are.
        self.actor = actor
        self.key = key
        self.version = version
        self._response = response
        self._root = root

    async def run(self, command: object, at: str | None = None) -> Receipt:
        """Have a command done; `at` is where the aggregate it made can be read, e.g. `/themes/{id}`."""
        return await self._run(command, self.principal.actor.written(), at)

    async def run_namelessly(self, command: object, at: str | None = None) -> Receipt:
        """The same; what happens says that it was a resident, and not which."""
        return await self._run(command, self.principal.actor.kind.value, at)

    async def run_apart(self, command: object) -> Receipt:
        """One of many that are asked for together: without the key, which is for all of them."""
        return await self.service.dispatcher.run(
            command, self.corporation, self._cause(self.principal.actor.written())
        )

    def _cause(self, actor: str) -> Cause:
        return Cause(actor, self.principal.actor.resident, current())

    async def _run(self, command: object, actor: str, at: str | None) -> Receipt:
        receipt = await self.service.dispatcher.run(command, self.corporation, self._cause(actor), self.key)
        self._response.headers["ETag"] = etag(receipt.version)
        if at:
            self._response.headers["Location"] = self._root + at.format(id=receipt.id)
        return receipt


class Policy:
    """Who may use a route. Every route has one; a test sees to it."""

    errors: ClassVar[tuple[type[Refused], ...]] = (Unauthenticated, Forbidden, Unavailable)
    #: The headers by which it knows who asks.
    opened_by: ClassVar[str] = "Authorization"

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    def caller(
        self,
        request: Request,
        response: Response,
        principal: Principal,
        key: IdempotencyKey | None = None,
        read: Versions | None = None,
    ) -> Caller:
        """Who was let in, to command."""
        actor = principal.acting_as(self.roles)
        return Caller(running(request), principal, actor, response, request.scope["root_path"], key, read)

    async def check(self, request: Request) -> None:
        """Raises what `admit` does, before anything of a body is read."""
        await self.admit(request, _token(await bearer(request)))

    async def admit(self, request: Request, token: str | None) -> Principal:
        """The principal behind the token; raises Unauthenticated or Forbidden. The answer is theirs alone."""
        request.scope["state"][OPENED_BY] = self.opened_by
        if not token:
            raise Unauthenticated(why="there is none in the Authorization header")
        principal = await self.identify(request, token)
        request.scope["state"]["corporation"] = principal.corporation
        await running(request).revocations.check(principal)
        if principal.roles.isdisjoint(self.roles):
            raise Forbidden(roles=", ".join(sorted(role.replace("_", " ") for role in self.roles)))
        return principal

    async def identify(self, request: Request, token: str) -> Principal:
        """Whose token it is; raises Unauthenticated where it is nobody's."""
        return await running(request).verifier.verify(token)


class Reads(Policy):
    """The policy of a route that changes nothing."""

    async def __call__(
        self, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Reader:
        """FastAPI calls this for every request on the route."""
        return Reader(running(request), await self.admit(request, _token(credentials)))


class Posts(Policy):
    """The policy of a route that makes or moves something; honours Idempotency-Key and If-Match."""

    async def __call__(
        self,
        request: Request,
        response: Response,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1, max_length=200, description="Your name for this request, to repeat it safely."
            ),
        ] = None,
        if_match: Annotated[  # noqa: ARG002  for the document: there may be several lines of it
            str | None, Header(description="The ETag you read, where it matters; or several, or *.")
        ] = None,
    ) -> Caller:
        """FastAPI calls this for every request on the route."""
        principal = await self.admit(request, _token(credentials))
        key = await _key(request, principal, idempotency_key) if idempotency_key else None
        read = versions(request.headers.getlist("if-match"))
        return self.caller(request, response, principal, key, read)


class Changes(Posts):
    """The policy of a route that overwrites; refuses where If-Match is missing."""

    async def __call__(
        self,
        request: Request,
        response: Response,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
        if_match: Annotated[str | None, Header(description="The ETag you read; or several, or *.")] = None,
    ) -> Caller:
        """FastAPI calls this for every request on the route."""
        caller = await super().__call__(request, response, credentials, idempotency_key, if_match)
        if if_match is None:
            raise VersionMissing(field="If-Match")
        return caller


class Deletes(Policy):
    """The policy of a route that takes something away; a repeat finds nothing left, and needs no key for that."""

    async def __call__(
        self,
        request: Request,
        response: Response,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Caller:
        """FastAPI calls this for every request on the route."""
        return self.caller(request, response, await self.admit(request, _token(credentials)))


class Casts(Deletes):
    """The policy of a route where nobody may remember who sent what: no Idempotency-Key, a repeat is known by its content."""


class Public(Policy):
    """The policy of a route without a token that tells of one corporation, named in its path.

    An unknown corporation, and whatever it does not have, is an address with nothing at it."""

    async def check(self, request: Request) -> None:
        """Nobody is asked who they are."""

    async def __call__(self, request: Request, corporation: str) -> AsyncIterator[Visitor]:
        """FastAPI calls this for every request on the route."""
        service = running(request)
        known = service.corporations.get(corporation)
        if known is None:
            raise NoSuchPage
        request.scope["state"]["corporation"] = known.slug
        try:
            yield Visitor(service, known)
        except NotFound:
            raise NoSuchPage from None


class Everybody(Policy):
    """The policy of a route without a token: it tells nothing of any corporation."""

    async def check(self, request: Request) -> None:
        """Nobody is asked who they are."""

    async def __call__(self) -> None:
        """Nothing to check."""


def may_read(*roles: Role) -> Any:
    """For `Annotated[Reader, may_read(Role.STAFF)]`."""
    return Depends(Reads(*roles))


def may_post(*roles: Role) -> Any:
    """For `Annotated[Caller, may_post(Role.STAFF)]`."""
    return Depends(Posts(*roles))


def may_change(*roles: Role) -> Any:
    """For `Annotated[Caller, may_change(Role.STAFF)]`."""
    return Depends(Changes(*roles))


def may_delete(*roles: Role) -> Any:
    """For `Annotated[Caller, may_delete(Role.STAFF)]`."""
    return Depends(Deletes(*roles))


def may_cast(*roles: Role) -> Any:
    """For `Annotated[Caller, may_cast(Role.RESIDENT)]`."""
    return Depends(Casts(*roles))


EVERYBODY = Depends(Everybody())
#: For `Annotated[Visitor, PUBLIC]`, on a path that begins with `/public/{corporation}/`.
PUBLIC = Depends(Public())


async def admit(scope: Any) -> bool:
    """Whether there is a route at this address, which is in the scope then; raises where its policy lets nobody in."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    for pattern, route in _routes(scope["app"], scope["method"]):
        if pattern.fullmatch(path):
            scope["route"] = route
            for policy in _policies(getattr(route, "dependant", None)):
                await policy.check(Request(scope))
            return True
    return False


@cache
def _routes(app: FastAPI, method: str) -> tuple[tuple[re.Pattern[str], Any], ...]:
    return tuple(
        (compile_path(str(route.path))[0], route)
        for route in iter_route_contexts(app.routes)
        if method in (route.methods or ())
    )


def _policies(dependant: Dependant | None) -> Iterator[Policy]:
    """The policies among a route's dependencies, where they were put on its router too."""
    for below in dependant.dependencies if dependant else ():
        if isinstance(below.call, Policy):
            yield below.call
        yield from _policies(below)


def running(request: Request) -> "RunningService":
    """The service that this request came to."""
    service: RunningService = request.app.state.service
    return service


def etag(version: int) -> str:
    """A version as HTTP writes it."""
    return f'"{version}"'


def problems(*errors: type[Refused]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: these refusals, and those that every route can give."""
    documented: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[Refused], ...] = (
        *errors,
        Unauthenticated,
        Forbidden,
        Invalid,
        TooLarge,
        NotJson,
        Unavailable,
    )
    for error in dict.fromkeys(every):
        response = documented.setdefault(
            status_of(error),
            {"description": "", "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA, "examples": {}}}},
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
    return _problem(request, problem(error), headers_of(error))


async def _not_as_described(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    mistakes = [{"field": _field(one["loc"]), "message": sentence(one)} for one in error.errors()[:SHOWN]]
    first = Invalid(mistakes[0]["message"], field=mistakes[0]["field"])
    return _problem(request, {**problem(first), "errors": mistakes})


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(request, http_problem(request, error), error.headers or {})


def http_problem(request: Request, error: HTTPException) -> dict[str, Any]:
    """The problem document of what the framework refuses by itself."""
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return problem(NoSuchPage())
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return problem(MethodNotAllowed(method=request.method))
        case status:
            return {"type": "about:blank", "title": error.detail, "status": status, "detail": error.detail}


def _problem(
    request: Request, document: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    document["instance"] = f"urn:uuid:{request.scope['state']['request_id']}"
    return JSONResponse(document, document["status"], headers=dict(headers or {}), media_type=PROBLEM_JSON)


#: Where pydantic's words are about programs rather than about what was sent.
SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no field of this name.",
    "model_attributes_type": "This should be a JSON object.",
    "string_pattern_mismatch": "This is not written as it should be; the API's pages show an example.",
}


def sentence(mistake: Any) -> str:
    """One of pydantic's mistakes, in words for whoever sent it."""
    return SENTENCES.get(mistake["type"]) or f"{mistake['msg'].removeprefix('Value error, ')}."


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


def _token(credentials: HTTPAuthorizationCredentials | None) -> str | None:
    return credentials.credentials if credentials else None


async def _key(request: Request, principal: Principal, name: str) -> IdempotencyKey:
    path = request.scope["path"].removeprefix(request.scope["root_path"])  # by whichever door it came
    return IdempotencyKey.of(
        principal.subject, name, request.method.encode(), path.encode(), await request.body()
    )


#: What `etag` writes, and the entity tags of RFC 9110, 8.8.3: a list of them may have gaps.
VERSION = re.compile(r'(?:W/)?"(0|[1-9][0-9]{0,17})"')
ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
ENTITY_TAGS = re.compile(rf"[ \t,]*{ENTITY_TAG}(?:[ \t]*,[ \t]*(?:{ENTITY_TAG})?)*[ \t]*")


def versions(if_match: Sequence[str]) -> Versions | None:
    """The versions that If-Match allows, from all lines of it; None where it is `*`, or not there: any that there is.

    A tag that we never wrote allows none. One of ours that is weak is as good: a proxy that compresses makes it so on
    the way, and a version says what was read, not in which bytes (RFC 9110, 13.1.1, would refuse it)."""
    line = ", ".join(if_match)
    if not if_match or line.strip(" \t") == "*":
        return None
    if not ENTITY_TAGS.fullmatch(line):
        raise Invalid(
            'If-Match takes ETags as you read them, for example "3", or * for any.', field="If-Match"
        )
    tags = [VERSION.fullmatch(tag) for tag in re.findall(ENTITY_TAG, line)]
    return frozenset(int(tag[1]) for tag in tags if tag)
