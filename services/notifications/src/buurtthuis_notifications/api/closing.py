"""Is it solved? Over HTTP: by one's own link, signed in, or at the door."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.limits import FORM
from buurtthuis.http.models import Body
from buurtthuis.http.problem_json import status_of
from buurtthuis.http.problems import problems
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import Field, ValidationError

from buurtthuis_notifications.api import pages
from buurtthuis_notifications.api.people import Anybody, AtDoors, Me, Myself, vault
from buurtthuis_notifications.commands.closing import Answer, AnswerAtDoor, AnswerClosingQuestion
from buurtthuis_notifications.domain.closing import AnsweredAlready, AskedNoMore, ObjectionMissing
from buurtthuis_notifications.queries import closing
from buurtthuis_notifications.queries.closing import OpenQuestion
from buurtthuis_notifications.vault import tokens
from buurtthuis_notifications.vault.tokens import NoToken

router = APIRouter(tags=["closing questions"])

REFUSED = (AnsweredAlready, AskedNoMore, ObjectionMissing)


class SolvedBody(Body):
    solved: bool = Field(examples=[False])
    objection: str | None = Field(
        None,
        max_length=2000,
        examples=["De lamp is weer stuk."],
        description="What is not solved yet, where it is not.",
    )

    def answer(self) -> Answer:
        """As the command takes it."""
        return Answer(self.solved, self.objection)


#: What the buttons of the page send.
BUTTONS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": SolvedBody.model_json_schema(), "example": {"solved": "true"}}},
    }
}


@router.get(
    "/public/{corporation}/solved/{token}",
    response_class=HTMLResponse,
    summary="Where the link of a question leads",
    responses=pages.answers(NoSuchPage),
)
async def show_question(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """A page with two buttons. Reading it does nothing: mail programs look at links too."""
    try:
        async with visitor.reading() as session:
            question = await closing.show_question(session, tokens.asked(vault(visitor), token))
    except (NoToken, NotFound):
        return pages.answer("link-not-good", visitor, request, 404)
    return pages.closing_question(visitor, request, question.theme)


@router.post(
    "/public/{corporation}/solved/{token}",
    response_class=HTMLResponse,
    summary="Say whether it is solved, without signing in",
    responses=pages.answers(NoSuchPage, *REFUSED),
    openapi_extra=BUTTONS,
)
async def answer_by_link(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """The buttons on that page. The link is for one question to one person, who answers it once."""
    body = _pressed(await request.body())
    try:
        await visitor.run(AnswerClosingQuestion(tokens.asked(vault(visitor), token), body.answer()))
    except (NoToken, NotFound):
        return pages.answer("link-not-good", visitor, request, 404)
    except (AnsweredAlready, AskedNoMore) as refused:
        return pages.answer(refused.code(), visitor, request, status_of(refused))
    return pages.answer("solved" if body.solved else "not-solved", visitor, request)


@router.get("/me/closing-questions", summary="What I am asked", responses=problems())
async def list_my_questions(me: Me) -> list[OpenQuestion]:
    """Whether an idea of mine is solved, as long as I did not say so."""
    async with me.reading() as session:
        now = await me.time(session)
        return list(await closing.open_questions(session, me.principal.subject, now))


@router.post(
    "/me/closing-questions/{id}/answer",
    status_code=204,
    summary="Say whether my idea is solved",
    responses=problems(NotFound, *REFUSED),
)
async def answer_question(id: UUID, body: SolvedBody, caller: Myself) -> None:
    """Once; said again it is the same."""
    await caller.run(AnswerClosingQuestion(id, body.answer(), caller.principal.subject))


@router.post(
    "/hand-deliveries/{id}/answer",
    summary="Note what was answered at the door",
    responses=problems(NotFound, *REFUSED),
)
async def answer_at_door(id: UUID, body: SolvedBody, caller: AtDoors) -> Receipt:
    """By whoever brought the question to somebody without a phone, and ticks it as ever."""
    return await caller.run(AnswerAtDoor(id, body.answer()))


def _pressed(form: bytes) -> SolvedBody:
    """What a button sent. Raises RequestValidationError."""
    sent = parse_qs(form.decode(errors="replace"))
    try:
        return SolvedBody.model_validate({name: values[-1] for name, values in sent.items()})
    except ValidationError as error:
        raise RequestValidationError(
            [{**mistake, "loc": ("body", *mistake["loc"])} for mistake in error.errors()]
        ) from None
