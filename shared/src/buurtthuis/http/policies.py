"""Who may call a route. Every route has a policy; a test sees to it."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from buurtthuis.core.errors import (
    ForAllHouses,
    Forbidden,
    NoSuchPage,
    NotFound,
    Refused,
    Unauthenticated,
    Unavailable,
    VersionMissing,
)
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.work import Versions
from buurtthuis.http.addresses import path_in, resource_at
from buurtthuis.http.observe import OPENED_BY
from buurtthuis.http.requests import Caller, Reader, Visitor, running
from buurtthuis.http.versions import versions
from buurtthuis.identity.principals import Principal, Role, named
from buurtthuis.persistence.idempotency import IdempotencyKey

#: Where the id in a path is a house's.
HOUSE = re.compile("/houses/[^/]+(/|$)")
bearer = HTTPBearer(auto_error=False, description="An access token; `buurtthuis token` makes one.")


class Policy:
    """Who may use a route. Every route has one; a test sees to it."""

    errors: ClassVar[tuple[type[Refused], ...]] = (Unauthenticated, Forbidden, Unavailable)
    #: The headers by which it knows who asks.
    opened_by: ClassVar[str] = "Authorization"

    def __init__(self, *roles: Role, of_all_houses: bool = False) -> None:
        """`of_all_houses`: for what is of no house, or of several. Who has a role for some houses is refused."""
        self.roles = frozenset(roles)
        self.of_all_houses = of_all_houses

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
        let_in = (await running(request).revocations.check(principal)).let_in_as(self.roles)
        if let_in.houses != ALL_HOUSES:
            self._check_reaches(request, let_in.houses)
        return let_in

    def _check_reaches(self, request: Request, houses: Houses) -> None:
        """What is at an address below a house is not there for whoever is let in for others."""
        if self.of_all_houses:
            raise ForAllHouses(roles=named(self.roles))
        for house in _houses_in_path(request):
            if house not in houses:
                raise NotFound(what="house", id=house)

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
            str | None,
            Header(min_length=1, description="The ETag you read, where it matters; or several, or *."),
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
        if_match: Annotated[
            str | None, Header(min_length=1, description="The ETag you read; or several, or *.")
        ] = None,
    ) -> Caller:
        """FastAPI calls this for every request on the route."""
        caller = await super().__call__(request, response, credentials, idempotency_key, if_match)
        if if_match is None:
            raise VersionMissing(place="If-Match")
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


def may_read(*roles: Role, of_all_houses: bool = False) -> Any:
    """For `Annotated[Reader, may_read(Role.STAFF)]`."""
    return Depends(Reads(*roles, of_all_houses=of_all_houses))


def may_post(*roles: Role, of_all_houses: bool = False) -> Any:
    """For `Annotated[Caller, may_post(Role.STAFF)]`."""
    return Depends(Posts(*roles, of_all_houses=of_all_houses))


def may_change(*roles: Role, of_all_houses: bool = False) -> Any:
    """For `Annotated[Caller, may_change(Role.STAFF)]`."""
    return Depends(Changes(*roles, of_all_houses=of_all_houses))


def may_delete(*roles: Role, of_all_houses: bool = False) -> Any:
    """For `Annotated[Caller, may_delete(Role.STAFF)]`."""
    return Depends(Deletes(*roles, of_all_houses=of_all_houses))


def may_cast(*roles: Role) -> Any:
    """For `Annotated[Caller, may_cast(Role.RESIDENT)]`."""
    return Depends(Casts(*roles))


EVERYBODY = Depends(Everybody())
#: For `Annotated[Visitor, PUBLIC]`, on a path that begins with `/public/{corporation}/`.
PUBLIC = Depends(Public())


async def admit(scope: Any) -> bool:
    """Whether there is a route at this address, which is in the scope then; raises where its policy lets nobody in."""
    resource = resource_at(scope["app"], path_in(scope))
    operation = resource.operations.get(scope["method"]) if resource else None
    if operation is None:
        return False
    scope["route"] = operation.route
    for policy in policies_of(operation.route):
        await policy.check(Request(scope))
    return True


def policies_of(route: Any) -> Iterator[Policy]:
    """The policies among a route's dependencies, where they were put on its router too; a route that FastAPI does not know
    has none."""
    return _policies(getattr(route, "dependant", None))


def _policies(dependant: Dependant | None) -> Iterator[Policy]:
    for below in dependant.dependencies if dependant else ():
        if isinstance(below.call, Policy):
            yield below.call
        yield from _policies(below)


def _houses_in_path(request: Request) -> Iterator[UUID]:
    """What is no id the route refuses itself."""
    names = ("id", "house") if HOUSE.match(_path(request)) else ("house",)
    for name in names:
        with suppress(ValueError, KeyError):
            yield UUID(request.path_params[name])


def _path(request: Request) -> str:
    """By whichever door it came."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope["root_path"])


def _token(credentials: HTTPAuthorizationCredentials | None) -> str | None:
    return credentials.credentials if credentials else None


async def _key(request: Request, principal: Principal, name: str) -> IdempotencyKey:
    return IdempotencyKey.of(
        principal.subject, name, request.method.encode(), _path(request).encode(), await request.body()
    )
