"""Pages over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.events.moderation import Check
from buurtthuis.http.models import NAME, ONE_LINE, Body, Written
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from buurtthuis_moderation.api.people import (
    Everyone,
    HandlerReader,
    ModeratorChange,
    Resident,
    acting,
)
from buurtthuis_moderation.commands import pages as commands
from buurtthuis_moderation.domain.checks import MODES, Checks, Mode
from buurtthuis_moderation.domain.mutes import Muted
from buurtthuis_moderation.domain.names import NameReserved, NameTaken, NameUnfit
from buurtthuis_moderation.domain.pages import NotAModerator, PageIsArchived, Rules
from buurtthuis_moderation.queries import pages as queries
from buurtthuis_moderation.queries.pages import PageView, RulesView

router = APIRouter(prefix="/pages", tags=["pages"])

OwnWord = Annotated[str, StringConstraints(min_length=3, max_length=60), ONE_LINE]
Site = Annotated[
    str,
    StringConstraints(max_length=253),
    Written(r"^[^\s/:@]+\.[^\s/:@.]+$", "This is not the name of a site, such as example.org"),
]


class RulesBody(Body):
    first_posts: int = Field(
        1, ge=0, le=100, description="So many first posts of somebody new wait for a moderator."
    )
    themes_wait: bool = Field(False, description="Themes of residents wait for a moderator too.")
    checks: dict[Check, Mode] = Field(
        dict(MODES),
        description="What a check finds is no matter, is looked at afterwards, or makes a post wait.",
    )
    words: list[OwnWord] = Field([], max_length=200, description="Words that hurt here, besides the usual.")
    links: list[Site] = Field(
        [],
        max_length=200,
        examples=[["voorbeeld.nl"]],
        description="Sites to keep off the page, with all their parts.",
    )

    def rules(self) -> Rules:
        """As the page keeps them."""
        checks = Checks(self.checks, frozenset(self.words), frozenset(self.links))
        return Rules(self.first_posts, self.themes_wait, checks)


class NameBody(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=40), ONE_LINE, NAME] = Field(
        examples=["Jan van de derde"]
    )


@router.get("/{id}", summary="The page of a house", responses=problems(NotFound))
async def show_page(id: UUID, reader: Everyone, response: Response) -> PageView:
    """Its id is the house's. With its version as ETag."""
    async with reader.reading() as session:
        page = await queries.show_page(session, id, reader.principal.subject)
    response.headers["ETag"] = etag(page.version)
    return page


@router.get("/{id}/rules", summary="How a page is looked after", responses=problems(NotFound, NotAModerator))
async def show_rules(id: UUID, reader: HandlerReader, response: Response) -> RulesView:
    """With the page's version as ETag."""
    async with reader.reading() as session:
        rules, version = await queries.show_rules(session, id, acting(reader))
    response.headers["ETag"] = etag(version)
    return rules


@router.put(
    "/{id}/rules",
    summary="Look after a page in another way",
    responses=problems(*MOVING, VersionMissing, PageIsArchived, NotAModerator, Muted),
)
async def change_rules(id: UUID, body: RulesBody, caller: ModeratorChange) -> Receipt:
    """From now on; what waits already goes on waiting."""
    return await caller.run(commands.ChangeRules(id, body.rules(), caller.actor, caller.version))


@router.post(
    "/{id}/name",
    summary="Take a name on a page",
    responses=problems(NotFound, KeyReused, PageIsArchived, Muted, NameReserved, NameUnfit, NameTaken),
)
async def take_name(id: UUID, body: NameBody, caller: Resident) -> Receipt:
    """Or another one: it stands under all that you wrote there. Without a name, none does."""
    return await caller.run(commands.TakeName(id, caller.principal.subject, body.name))
