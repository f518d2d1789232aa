"""How people join a house, over HTTP: codes on paper, which staff make and take back."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import new_id
from buurtthuis.domain.paper_codes import MistypedCode, as_typed, new_code
from buurtthuis.http.files import CSV, attachment, holds
from buurtthuis.http.models import KEYED, Body
from buurtthuis.http.policies import may_cast
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller
from buurtthuis.http.sheets import table
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, HttpUrl

from buurtthuis_notifications.api.people import StaffReader
from buurtthuis_notifications.commands.joining import MakeJoiningCodes, WithdrawBatch, WithdrawJoiningCode
from buurtthuis_notifications.domain.joining import (
    FIELD,
    HouseTakesNobody,
    NotThisJoiningCode,
    OnlyStaffAdd,
    trace,
)
from buurtthuis_notifications.queries import joining
from buurtthuis_notifications.queries.joining import Batch

router = APIRouter(tags=["joining"])

#: No answer to making codes is remembered: they are shown once.
Staff = Annotated[Caller, may_cast(Role.STAFF)]
TypedJoiningCode = Annotated[str, Field(max_length=40, examples=["7K3M-9QXZ-22TB-H0WC"]), KEYED]
NOT_TO_BE_JOINED = (HouseTakesNobody, OnlyStaffAdd, NotThisJoiningCode, MistypedCode)


class JoiningCodesBody(Body):
    count: int = Field(ge=1, le=5000, examples=[96], description="One for each household.")
    people: int = Field(1, ge=1, le=20, description="So many of a household can join with each.")
    site: HttpUrl = Field(
        examples=["https://buurtthuis.example/meedoen"],
        description="Where people join. The code is put behind a #, which browsers keep to themselves.",
    )


class JoiningCodeBody(Body):
    code: TypedJoiningCode


class MadeCode(BaseModel):
    """As it is printed, and where its link leads."""

    code: str
    link: str


class MadeCodes(BaseModel):
    """A batch of codes, shown this once."""

    id: UUID
    codes: list[MadeCode]


@router.post(
    "/houses/{id}/joining-codes",
    status_code=201,
    summary="Make codes to join a house with",
    responses=problems(NotFound),
)
async def make_joining_codes(
    id: UUID, body: JoiningCodesBody, caller: Staff, response: Response
) -> MadeCodes:
    """For letters, one per household. Shown this once; only their traces are kept."""
    response.headers["Cache-Control"] = "no-store"
    return await _make(id, body, caller)


@router.post(
    "/houses/{id}/joining-codes.csv",
    status_code=201,
    response_class=Response,
    summary="Make codes to join a house with, as CSV",
    responses=holds(CSV, "The codes, this once.", 201) | problems(NotFound),
)
async def make_joining_codes_as_csv(id: UUID, body: JoiningCodesBody, caller: Staff) -> Response:
    """For your own letters. Shown this once; only their traces are kept."""
    made = await _make(id, body, caller)
    sheet = table([("code", "link"), *((code.code, code.link) for code in made.codes)])
    return attachment(sheet, "joining-codes.csv", CSV, 201)


@router.get(
    "/houses/{id}/joining-codes", summary="Codes that were made for a house", responses=problems(NotFound)
)
async def list_joining_codes(id: UUID, reader: StaffReader) -> Sequence[Batch]:
    """By batch, newest first: how many there are, and how many people came with them. Nobody can say who."""
    async with reader.reading() as session:
        return await joining.list_batches(session, id)


@router.post(
    "/houses/{id}/joining-codes/withdrawal",
    status_code=204,
    summary="Withdraw one code",
    responses=problems(NotFound, NotThisJoiningCode, MistypedCode),
)
async def withdraw_joining_code(id: UUID, body: JoiningCodeBody, caller: Staff) -> None:
    """Of a letter that was lost. Whoever came with it stays."""
    await caller.run(WithdrawJoiningCode(id, trace(as_typed(body.code), id)))


@router.post(
    "/joining-codes/{id}/withdrawal",
    status_code=204,
    summary="Withdraw a batch of codes",
    responses=problems(NotFound),
)
async def withdraw_batch(id: UUID, caller: Staff) -> None:
    """All of its codes. Whoever came with one stays."""
    await caller.run(WithdrawBatch(id))


def trace_of(code: str | None, house: UUID | None) -> UUID | None:
    """What a code is found by that somebody typed. Raises MistypedCode."""
    return trace(as_typed(code, FIELD), house) if code and house else None


async def _make(house: UUID, body: JoiningCodesBody, caller: Staff) -> MadeCodes:
    batch, codes = new_id(), [new_code() for _ in range(body.count)]
    await caller.run(MakeJoiningCodes(batch, house, tuple(codes), body.people))
    return MadeCodes(id=batch, codes=[MadeCode(code=code, link=f"{body.site}#{code}") for code in codes])
