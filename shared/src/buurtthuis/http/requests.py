"""Who reads, who calls, and what they can do: what a route gets once its policy let somebody in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.corporations import Corporation, LanguageTag, still_here
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.languages import Preferred
from buurtthuis.core.work import NOTHING, Cause, Receipt, Versions
from buurtthuis.http.backend import Backend
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.persistence.idempotency import IdempotencyKey
from buurtthuis.telemetry.tracing import current


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

    def __init__(self, service: Backend, corporation: Corporation, houses: Houses = ALL_HOUSES) -> None:
        self.service = service
        self.corporation = corporation
        self.houses = houses

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees this corporation only, and what is of a house only where it is one of `houses`."""
        async with self.service.database.transaction(self.corporation.slug, self.houses) as session:
            yield session

    async def time(self, session: AsyncSession) -> datetime:
        """The moment by the one clock that all replicas share."""
        return await self.service.database.time(session)


class Visitor(Inside):
    """Anybody: nobody asked who."""

    async def run(self, command: object) -> Receipt:
        """Have a command done."""
        return await self.service.dispatcher.run(
            command, self.corporation, Cause(Actor(ActorKind.VISITOR), None, current())
        )


class Reader(Inside):
    """Somebody who may read: one principal of one corporation, in one request."""

    def __init__(self, service: Backend, principal: Principal) -> None:
        super().__init__(service, still_here(service.corporations, principal.corporation), principal.houses)
        self.principal = principal

    def has(self, *roles: Role) -> bool:
        """Whether the principal has one of these roles."""
        return not self.principal.roles.isdisjoint(roles)


class Caller(Reader):
    """Somebody who may command."""

    def __init__(
        self,
        service: Backend,
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
        return await self._run(command, self.principal.actor, at)

    async def run_namelessly(self, command: object, at: str | None = None) -> Receipt:
        """The same; what happens says that it was a resident, and not which."""
        return await self._run(command, Actor(self.principal.actor.kind), at)

    async def run_apart(self, command: object) -> Receipt:
        """One of many that are asked for together: without the key, which is for all of them."""
        return await self.service.dispatcher.run(command, self.corporation, self._cause(self.principal.actor))

    def _cause(self, actor: Actor) -> Cause:
        return Cause(actor, self.principal.actor.resident, current(), houses=self.houses)

    async def _run(self, command: object, actor: Actor, at: str | None) -> Receipt:
        receipt = await self.service.dispatcher.run(command, self.corporation, self._cause(actor), self.key)
        if receipt != NOTHING:
            self._response.headers["ETag"] = etag(receipt.version)
        if at:
            self._response.headers["Location"] = self._root + at.format(id=receipt.id)
        return receipt


def running(request: Request) -> Backend:
    """The service that this request came to."""
    service: Backend = request.app.state.service
    return service
