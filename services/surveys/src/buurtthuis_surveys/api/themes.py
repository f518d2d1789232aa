"""Themes over HTTP."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.events.surveys import IntakeChannel, ThemeSource
from buurtthuis.http.models import Body, Line
from buurtthuis.http.policies import may_change, may_delete, may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.domain.themes import (
    CannotMergeInto,
    MergeIntoItself,
    NotOnTheList,
    NotSupported,
    NotYourTheme,
    OtherHouse,
    Proposer,
    SupportedAlready,
    ThemeCannotMove,
    ThemeState,
    TooLateToCorrect,
)
from buurtthuis_surveys.queries import themes as queries
from buurtthuis_surveys.queries.themes import ThemeView

router = APIRouter(prefix="/themes", tags=["themes"])

Everyone = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)]
Bringer = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER)]
Withdrawer = Annotated[Caller, may_post(Role.RESIDENT, Role.CHAIN_PARTNER)]
Supporter = Annotated[Caller, may_post(Role.RESIDENT)]
FormerSupporter = Annotated[Caller, may_delete(Role.RESIDENT)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
SEE_ALL = frozenset({Role.STAFF, Role.GUIDE})
Corrector = Annotated[Caller, may_change(Role.STAFF, Role.CHAIN_PARTNER)]


class ProposeThemeBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Line = Field(examples=["Ontmoeten"])
    captured_via: IntakeChannel = Field(
        IntakeChannel.WEB, description="Staff who type in a card, a talk at the door or a call say so here."
    )
    source: ThemeSource = Field(ThemeSource.NONE, description="Staff say what it came out of.")
    source_id: UUID | None = Field(None, description="Which survey, campaign or session that was.")


class CorrectThemeBody(Body):
    title: Line = Field(examples=["Samen koffie drinken"])
    captured_via: IntakeChannel = Field(examples=["paper"])


class AdmissionsBody(Body):
    ids: tuple[UUID, ...] = Field(
        min_length=1, max_length=200, examples=[["01a204c1-fe22-7520-b7a9-199f15c86465"]]
    )


class AdmissionOutcome(StrEnum):
    """What became of one of many."""

    ADMITTED = "admitted"
    ALREADY = "already"
    REFUSED = "refused"


class Admission(BaseModel):
    """One theme: whether it is on the list now, was on it, or why it cannot be."""

    id: UUID
    outcome: AdmissionOutcome
    why: str | None = None


class Admissions(BaseModel):
    """Each theme once, in the order in which it was asked for."""

    items: list[Admission]


class MergeBody(Body):
    into: UUID = Field(
        examples=["01a204c1-fe22-7520-b7a9-199f15c86465"], description="The theme that it goes on in."
    )


class ReasonBody(Body):
    reason: str = Field(
        min_length=1, max_length=2000, examples=["Dit gaat over één woning, niet over de buurt."]
    )


class ReplyBody(Body):
    reply: str = Field(
        min_length=1, max_length=5000, examples=["Vanaf februari is er elke week een koffietafel."]
    )


@router.post("", status_code=201, summary="Propose a theme", responses=problems(KeyReused, NotOfThisHouse))
async def propose_theme(body: ProposeThemeBody, caller: Bringer) -> Receipt:
    """A resident's own idea for their house, a chain partner's, or one that staff bring in for themselves or for a resident."""
    command = commands.ProposeTheme(by=proposer(caller), **body.model_dump())
    return await caller.run(command, at="/themes/{id}")


@router.post("/admissions", summary="Admit many themes", responses=problems())
async def admit_themes(body: AdmissionsBody, caller: Staff) -> Admissions:
    """Each by itself, in this order, and each with an answer of its own: one that cannot be admitted keeps no other back. Sent again,
    it finds those that were admitted on the list."""
    return Admissions(items=[await _admitted(id, caller) for id in dict.fromkeys(body.ids)])


@router.put(
    "/{id}",
    summary="Put a theme right",
    responses=problems(*MOVING, VersionMissing, TooLateToCorrect, ThemeCannotMove, NotYourTheme),
)
async def correct_theme(id: UUID, body: CorrectThemeBody, caller: Corrector) -> Receipt:
    """What staff typed in, as it was written or said; on the day that it was typed in, as long as nothing came of it. What a chain
    partner brought in, they or a colleague write anew until it is admitted; its road stays as it is."""
    if caller.has(Role.STAFF):
        return await caller.run(commands.CorrectTheme(id, body.title, body.captured_via, caller.version))
    return await caller.run(commands.RewordTheme(id, body.title, proposer(caller), caller.version))


@router.get("/{id}", summary="One theme", responses=problems(NotFound))
async def show_theme(id: UUID, reader: Everyone, response: Response) -> ThemeView:
    """With its version as ETag."""
    async with reader.reading() as session:
        names = reader.corporation.organisations
        theme = await queries.show_theme(session, id, viewer=viewer(reader), names=names)
    response.headers["ETag"] = etag(theme.version)
    return theme


@router.post("/{id}/admission", summary="Admit a theme", responses=problems(*MOVING, ThemeCannotMove))
async def admit_theme(id: UUID, caller: Staff) -> Receipt:
    """It goes on the list that residents choose from, or back on it from where it was parked."""
    return await caller.run(commands.AdmitTheme(id, caller.version))


@router.post("/{id}/rejection", summary="Reject a theme", responses=problems(*MOVING, ThemeCannotMove))
async def reject_theme(id: UUID, body: ReasonBody, caller: Staff) -> Receipt:
    """It stays off the list; the proposer is told why."""
    return await caller.run(commands.RejectTheme(id, body.reason, caller.version))


@router.post(
    "/{id}/withdrawal", summary="Withdraw a theme", responses=problems(*MOVING, ThemeCannotMove, NotYourTheme)
)
async def withdraw_theme(id: UUID, caller: Withdrawer) -> Receipt:
    """The proposer takes it back, or a colleague at the same organisation, as long as it is not admitted."""
    return await caller.run(commands.WithdrawTheme(id, proposer(caller), caller.version))


@router.post(
    "/{id}/merge",
    summary="Merge a theme into another",
    responses=problems(*MOVING, ThemeCannotMove, CannotMergeInto, MergeIntoItself, OtherHouse),
)
async def merge_theme(id: UUID, body: MergeBody, caller: Staff) -> Receipt:
    """It says the same. It keeps the trace to the other one, which gets its support."""
    return await caller.run(commands.MergeTheme(id, body.into, caller.version))


@router.post(
    "/{id}/support",
    summary="Support a theme",
    responses=problems(*MOVING, NotOnTheList, SupportedAlready, NotOfThisHouse),
)
async def support_theme(id: UUID, caller: Supporter) -> Receipt:
    """One resident of the house, one support. How many is shown to all, who to nobody."""
    return await caller.run_namelessly(commands.SupportTheme(id, caller.principal.subject))


@router.delete("/{id}/support", summary="Take your support back", responses=problems(NotFound, NotSupported))
async def take_back_support(id: UUID, caller: FormerSupporter) -> Receipt:
    """As if it never was."""
    return await caller.run_namelessly(commands.TakeBackSupport(id, caller.principal.subject))


@router.post("/{id}/selection", summary="Select a theme", responses=problems(*MOVING, ThemeCannotMove))
async def select_theme(id: UUID, caller: Staff) -> Receipt:
    """It is chosen to meet about; sessions drafts a session by itself."""
    return await caller.run(commands.SelectTheme(id, caller.version))


@router.post("/{id}/parking", summary="Park a theme", responses=problems(*MOVING, ThemeCannotMove))
async def park_theme(id: UUID, caller: Staff) -> Receipt:
    """A good theme, but not now."""
    return await caller.run(commands.ParkTheme(id, caller.version))


@router.post("/{id}/answer", summary="Answer a theme", responses=problems(*MOVING, ThemeCannotMove))
async def answer_theme(id: UUID, body: ReplyBody, caller: Staff) -> Receipt:
    """The corporation's official reply to the proposer."""
    return await caller.run(commands.AnswerTheme(id, body.reply, caller.version))


async def _admitted(id: UUID, caller: Caller) -> Admission:
    """On the list a theme is known: nothing happens twice."""
    try:
        await caller.run_apart(commands.AdmitTheme(id))
    except ThemeCannotMove as refused:
        listed = refused.facts["state"] is ThemeState.ADMITTED
        return Admission(
            id=id, outcome=AdmissionOutcome.ALREADY if listed else AdmissionOutcome.REFUSED, why=str(refused)
        )
    except NotFound as refused:
        return Admission(id=id, outcome=AdmissionOutcome.REFUSED, why=str(refused))
    return Admission(id=id, outcome=AdmissionOutcome.ADMITTED)


def proposer(caller: Caller) -> Proposer:
    """Whoever asks, as somebody who brings ideas in."""
    return Proposer(caller.actor, caller.principal.organisation)


def viewer(reader: Reader) -> Proposer:
    """Through whose eyes themes are read."""
    principal = reader.principal
    actor = principal.acting_as(SEE_ALL if principal.roles & SEE_ALL else principal.roles)
    return Proposer(actor, principal.organisation)
