"""Codes over HTTP: an address is shown to be somebody's own, and they are signed in. Nobody learns who is known."""

from typing import Annotated, Any
from uuid import UUID

from buurtthuis.core.api_version import path_of
from buurtthuis.core.errors import Invalid, NoSuchPage, NotFound
from buurtthuis.domain.allowances import TooOften
from buurtthuis.http.models import BUTTON, KEYED, Body, Written
from buurtthuis.http.problem_json import status_of
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Inside, Visitor
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, StringConstraints

from buurtthuis_notifications.api import contact, pages
from buurtthuis_notifications.api.bodies import AgreedTo, Called, ReadingBody
from buurtthuis_notifications.api.contact import Email, Mobile
from buurtthuis_notifications.api.joining import NOT_TO_BE_JOINED, TypedJoiningCode, trace_of
from buurtthuis_notifications.api.people import Anybody, Myself, network, parts, vault
from buurtthuis_notifications.api.sign_ins import SignedIn, begin, signed_in
from buurtthuis_notifications.commands.codes import (
    AddressAskedTooOften,
    AskForCode,
    ConfirmAddress,
    Guesses,
    UseCode,
)
from buurtthuis_notifications.domain.addresses import AddressKind, NoRoad, SealedAddress, check_road
from buurtthuis_notifications.domain.allowances import mailbox
from buurtthuis_notifications.domain.codes import CodeRequest, NotThisCode
from buurtthuis_notifications.domain.joining import NeedsCodeOnPaper
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, ReadingLevel, WhoAreYou
from buurtthuis_notifications.queries import codes
from buurtthuis_notifications.vault.codes import (
    Links,
    askers_of,
    new_code,
    trace,
    trace_of_token,
    traces_of_digits,
)

router = APIRouter(tags=["signing in"])

CodeToken = Annotated[str, Path(min_length=20, max_length=100, description="As in the link.")]


class AddressBody(Body):
    email: Email | None = Field(None, examples=["naam@voorbeeld.nl"])
    mobile: Mobile | None = Field(
        None, description="Instead of it. Dutch, such as 06 12345678, or with its country: +90 …"
    )

    def sealed(self, inside: Inside) -> SealedAddress:
        """Raises Invalid, and NoRoad where no code could be sent there."""
        if (self.email is None) is (self.mobile is None):
            raise Invalid("Give an e-mail address or a mobile number, one of both.", field="email")
        check_road(
            AddressKind.EMAIL if self.email else AddressKind.MOBILE,
            parts(inside).channels_of(inside.corporation),
        )
        if self.email:
            return contact.email(vault(inside), self.email)
        return contact.mobile(vault(inside), self.mobile or "")

    @property
    def mailbox(self) -> str:
        """The same for all ways to write what leads to one person."""
        return mailbox(self.email) if self.email else self.mobile or ""


class AskBody(AddressBody, ReadingBody):
    house_id: UUID | None = Field(
        None,
        description="The house to join, by who is new; who is known signs in, and joins another house then.",
    )
    agreed: AgreedTo = Field((), description="What somebody who is new agrees to.")
    joining_code: TypedJoiningCode | None = Field(
        None, description="From a letter, where the house takes one."
    )
    another: bool = Field(
        False,
        description="For a second person at this address, such as one telephone of two: with a code from a letter alone.",
    )
    called: Called | None = Field(
        None, description="By what whoever is new is told from who else has the address."
    )


SecretOfLink = Annotated[str, StringConstraints(min_length=20, max_length=100)]


class LinkBody(Body):
    token: SecretOfLink = Field(
        description="As in the link.", examples=["q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"]
    )


class UseBody(Body):
    code: Annotated[str, Written(r"^[0-9]{6}$", "A code has six figures, such as 123456"), KEYED] | None = (
        Field(None, examples=["123456"])
    )
    token: SecretOfLink | None = Field(None, description="As in the link, instead of the code.")
    who: UUID | None = Field(
        None, description="Which of several people at one address, as `people` of the refusal names them."
    )


class Asked(BaseModel):
    """A code is on its way, if there is somebody to send it to. It is good for so many minutes."""

    id: UUID
    minutes: int = 15


class Wording(BaseModel):
    """Words as somebody was shown them, who agrees to them."""

    text: str
    language: str | None


class Meaning(BaseModel):
    """What pressing a button does that uses the code: whoever is new joins the house and agrees to these; else they sign in."""

    house: str | None = Field(description="Its title.", examples=["BuurtThuis Wingerd"])
    agreed: list[Wording]


@router.post(
    "/public/{corporation}/codes",
    status_code=202,
    summary="Ask for a code, to join a house or to sign in",
    responses=problems(NoSuchPage, NoRoad, TooOften, NeedsCodeOnPaper, *NOT_TO_BE_JOINED),
)
async def ask_for_code(body: AskBody, visitor: Anybody, request: Request) -> Asked:
    """To an e-mail address or a mobile number. The answer is the same whether we know it or not. For an address that we know
    nothing is taken from this: it signs in who has it. Where many were sent there already, by whomever they were asked,
    none is sent: the newest is good with this id."""
    body.check(visitor.corporation)
    agreed = body.consents(body.agreed, visitor.corporation)
    wish = CodeRequest(
        body.house_id,
        body.language,
        body.level,
        agreed,
        trace_of(body.joining_code, body.house_id),
        body.another,
        vault(visitor).seal(body.called) if body.called else None,
    )
    command = code_for(visitor, request, body, wish)
    try:
        await visitor.run(command)
    except AddressAskedTooOften as refused:
        return Asked(id=await _newest(visitor, command, refused))
    return Asked(id=command.id)


@router.post(
    "/me/addresses/codes",
    status_code=202,
    summary="Ask for a code, to be reached at another address too",
    responses=problems(NoRoad, TooOften),
)
async def ask_for_code_to_add(body: AddressBody, caller: Myself, request: Request) -> Asked:
    """Using it makes the address yours; an e-mail address or number replaces the one before."""
    wish = CodeRequest(None, PLAIN_DUTCH, ReadingLevel.EASY)
    command = code_for(caller, request, body, wish, adds=caller.principal.subject)
    await caller.run(command)
    return Asked(id=command.id)


@router.post(
    "/public/{corporation}/codes/{id}/use",
    summary="Sign in with a code",
    responses=problems(NoSuchPage, NotThisCode, TooOften, WhoAreYou, *NOT_TO_BE_JOINED),
)
async def use_code(
    id: UUID, body: UseBody, visitor: Anybody, request: Request, response: Response
) -> SignedIn:
    """With the six digits, or with what the link says. It can be done once, and wrong digits a few times.

    Where two people have one telephone, whoever has the right code is asked `who` of them they are, and brings it again."""
    if (body.code is None) is (body.token is None):
        raise Invalid("Give the code or the token, one of both.", field="code")
    response.headers["Cache-Control"] = "no-store"
    if body.token:
        return await _use(id, visitor, (trace_of_token(body.token),), who=body.who)
    assert body.code
    near = network(request)
    guesses = Guesses(trace(vault(visitor), f"guesses:{near or 'anywhere'}"), alone=near is not None)
    return await _use(id, visitor, traces_of_digits(vault(visitor), id, body.code), guesses, body.who)


@router.post(
    "/public/{corporation}/codes/{id}/meaning",
    summary="What a code's link would do",
    responses=problems(NoSuchPage, NotThisCode),
)
async def read_link(id: UUID, body: LinkBody, visitor: Anybody, response: Response) -> Meaning:
    """For a front-end's page with a button: say this beside it. Nothing is done, and the code is as good as before."""
    response.headers["Cache-Control"] = "no-store"
    meaning = await _meaning(id, body.token, visitor)
    if meaning is None:
        raise NotThisCode
    agreed = [Wording(text=each.wording, language=each.language) for each in meaning.agreed]
    return Meaning(house=meaning.house, agreed=agreed)


@router.get(
    "/public/{corporation}/codes/{id}/{token}",
    response_class=HTMLResponse,
    summary="Where a code's link leads",
    responses=pages.answers(NoSuchPage, NotThisCode),
)
async def show_code(id: UUID, token: CodeToken, visitor: Anybody, request: Request) -> Response:
    """A page that says what the code does, with a button. Reading it does nothing: mail programs look at links too.

    Whoever asked for the code knows its id: without the link's last part they read nothing here of who is known."""
    meaning = await _meaning(id, token, visitor)
    if meaning is None:
        return pages.answer("code-not-good", visitor, request, status=status_of(NotThisCode))
    if meaning.house is None:
        return pages.question("code", visitor, request)
    return pages.question("code-joins", visitor, request, meaning.agreed, house=meaning.house)


@router.post(
    "/public/{corporation}/codes/{id}/{token}",
    response_class=HTMLResponse,
    summary="Say that an address is yours",
    responses=pages.answers(NoSuchPage, NotThisCode, *NOT_TO_BE_JOINED),
    openapi_extra=BUTTON,
)
async def use_link(id: UUID, token: CodeToken, visitor: Anybody, request: Request) -> Response:
    """The button on that page: the address is yours from now on, and whoever is new has joined. Nobody is signed in by it, so the
    code can still be brought, once, where it was asked for. Where the house takes nobody so any more, the page says that."""
    try:
        await _confirm(id, token, visitor)
    except WhoAreYou:  # it is theirs, whoever of them that is
        return pages.answer("code-good", visitor, request)
    except NotThisCode:
        return pages.answer("code-not-good", visitor, request, status=status_of(NotThisCode))
    except NOT_TO_BE_JOINED as refused:
        return pages.answer(refused.code(), visitor, request, status=status_of(refused))
    return pages.answer("code-good", visitor, request)


def code_for(
    inside: Inside, request: Request, body: AddressBody, wish: CodeRequest, adds: UUID | None = None
) -> AskForCode:
    """A new code, to whom it goes, and for whom it is counted."""
    sealed_in = vault(inside)
    askers = askers_of(sealed_in, body.mailbox, inside.corporation.slug, network(request), adds)
    return new_code(sealed_in, body.sealed(inside), askers, wish, _links(inside), adds)


def _links(inside: Inside) -> Links:
    """To the corporation's front-end, and where it names none, to our own page."""
    page = inside.corporation.sign_in_page
    ours = f"{parts(inside).public_url}{path_of('notifications')}/public/{inside.corporation.slug}/codes"
    return lambda code, token: f"{page}?code={code}&token={token}" if page else f"{ours}/{code}/{token}"


async def _meaning(id: UUID, token: str, visitor: Visitor) -> codes.CodeMeaning | None:
    async with visitor.reading() as session:
        now = await visitor.time(session)
        return await codes.meaning_of_link(session, id, trace_of_token(token), now)


async def _confirm(id: UUID, token: str, visitor: Visitor) -> None:
    try:
        await visitor.run(ConfirmAddress(id, trace_of_token(token)))
    except NotFound:
        raise NotThisCode from None


async def _newest(visitor: Visitor, command: AskForCode, refused: AddressAskedTooOften) -> UUID:
    """Of the codes that were sent to this address, one that does what is asked for. Raises the refusal where none does."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        found = await codes.newest(session, command.address, command.wish, now)
    if found is None:
        raise refused
    return found


async def _use(
    id: UUID,
    visitor: Visitor,
    traces: tuple[bytes, ...],
    guesses: Guesses | None = None,
    who: UUID | None = None,
) -> SignedIn:
    """Raises NotThisCode, TooOften and WhoAreYou."""
    sign_in, refresh, digest = begin(visitor)
    try:
        await visitor.run(UseCode(id, traces, sign_in, digest, guesses, who))
        return await signed_in(visitor, sign_in, refresh)
    except NotFound:
        raise NotThisCode from None
    except WhoAreYou as refused:
        refused.more = {"people": [_as_shown(person, visitor) for person in refused.more["people"]]}
        raise


def _as_shown(person: dict[str, Any], visitor: Visitor) -> dict[str, Any]:
    """Somebody at an address, to whoever has a code for it."""
    called = person["called"]
    return {
        "who": str(person["who"]),
        "called": vault(visitor).open(called) if called else None,
        "since": person["since"].date().isoformat(),
    }
