"""Webhooks over HTTP: other systems that are told what happens."""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from buurtthuis.core.errors import Invalid, KeyReused, NotFound
from buurtthuis.core.public_addresses import is_public
from buurtthuis.core.work import Receipt
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import Body, Page, Paging, Written
from buurtthuis.http.policies import may_delete
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from buurtthuis_notifications.api.people import StaffOfAll, StaffOfAllReader, vault
from buurtthuis_notifications.channels.webhooks import new_secret
from buurtthuis_notifications.commands import webhooks as commands
from buurtthuis_notifications.domain.webhooks import TooManyWebhooks, WebhookCannotMove, offered
from buurtthuis_notifications.queries import webhooks
from buurtthuis_notifications.queries.webhooks import AttemptView, WebhookView

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Deleter = Annotated[Caller, may_delete(Role.STAFF, of_all_houses=True)]


def _https(written: str) -> str:
    """As far as that can be seen without looking it up; where it leads is checked whenever something is sent."""
    try:
        address = urlsplit(written)
        port = address.port
    except ValueError:
        raise ValueError("This is not an address") from None
    if address.scheme != "https" or not address.hostname or port == 0:
        raise ValueError("This should be an address that begins with https://")
    if address.username or address.password or address.fragment:
        raise ValueError("Leave user name, password and fragment out: what we send is signed")
    if not _may_be_public(address.hostname):
        raise ValueError("This address is not on the internet")
    return written


def _may_be_public(host: str) -> bool:
    """Names are looked up later."""
    try:
        return is_public(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))


Https = Annotated[
    str,
    StringConstraints(max_length=500),
    Written(
        r"^https://[\x21-\x7e]+$",
        "Give an https address in ASCII, such as https://systeem.example.nl/buurtthuis",
    ),
    AfterValidator(_https),
]


class RegisterWebhookBody(Body):
    url: Https = Field(examples=["https://systeem.example.nl/buurtthuis"])
    types: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)] = Field(
        examples=[["nl.buurtthuis.sessions.session-scheduled.v1"]],
        description="CloudEvents types that staff may see. What people wrote is left out of them.",
    )

    def check(self, types: tuple[str, ...]) -> None:
        """Raises Invalid for a type that nobody is told of."""
        for index, type in enumerate(self.types):
            if type not in types:
                raise Invalid("Other systems are not told of events of this type.", field=("types", index))


class SecretView(BaseModel):
    """The key that signs what is sent. Keep it: it is not shown again."""

    id: UUID
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])


@router.post(
    "",
    status_code=201,
    summary="Tell another system what happens",
    responses=problems(KeyReused, TooManyWebhooks),
)
async def register_webhook(body: RegisterWebhookBody, caller: StaffOfAll, response: Response) -> SecretView:
    """From now on; signed as Standard Webhooks has it, in order for each of our services, once or more often."""
    body.check(offered(caller.service.handlers.heard))
    async with caller.reading() as session:
        heard = await webhooks.heard(session)
    types = tuple(dict.fromkeys(body.types))
    command = commands.RegisterWebhook(body.url, types, vault(caller).seal(new_secret()), heard)
    receipt = await caller.run(command, at="/webhooks/{id}")
    return await _secret(receipt.id, caller, response)


@router.get("", summary="Systems that are told what happens", responses=problems())
async def list_webhooks(reader: StaffOfAllReader, page: Paging) -> Page[WebhookView]:
    """Oldest first."""
    async with reader.reading() as session:
        found = await webhooks.list_webhooks(session, page.after, page.limit)
    return page.of(found)


@router.get("/{id}", summary="One webhook", responses=problems(NotFound))
async def show_webhook(id: UUID, reader: StaffOfAllReader) -> WebhookView:
    """Whether the other side takes what it is told."""
    async with reader.reading() as session:
        return await webhooks.show_webhook(session, id)


@router.get("/{id}/attempts", summary="What came of it", responses=problems(NotFound))
async def list_attempts(id: UUID, reader: StaffOfAllReader, page: Paging) -> Page[AttemptView]:
    """Every try of the last 30 days, newest first. What was sent is not kept."""
    async with reader.reading() as session:
        found = await webhooks.list_attempts(session, id, page.after, page.limit)
    return page.of(found)


@router.post("/{id}/secret", summary="Get another secret", responses=problems(NotFound, KeyReused))
async def rotate_secret(id: UUID, caller: StaffOfAll, response: Response) -> SecretView:
    """Both sign for a day, so that the other side can change over in its own time."""
    await caller.run(commands.RotateSecret(id, vault(caller).seal(new_secret())))
    return await _secret(id, caller, response)


@router.post(
    "/{id}/pause", summary="Send nothing for now", responses=problems(NotFound, KeyReused, WebhookCannotMove)
)
async def pause_webhook(id: UUID, caller: StaffOfAll) -> Receipt:
    """What is said meanwhile comes when it goes on."""
    return await caller.run(commands.PauseWebhook(id))


@router.post("/{id}/resumption", summary="Go on", responses=problems(NotFound, KeyReused, WebhookCannotMove))
async def resume_webhook(id: UUID, caller: StaffOfAll) -> Receipt:
    """Where it stopped, also where it was switched off after days of failure."""
    return await caller.run(commands.ResumeWebhook(id))


@router.post(
    "/{id}/ping",
    status_code=202,
    summary="Try it",
    responses=problems(NotFound, KeyReused, WebhookCannotMove),
)
async def ping_webhook(id: UUID, caller: StaffOfAll) -> Receipt:
    """Something without a meaning is sent at once; what came of it is among the attempts."""
    return await caller.run(commands.PingWebhook(id))


@router.delete("/{id}", status_code=204, summary="Tell it nothing any more", responses=problems(NotFound))
async def delete_webhook(id: UUID, caller: Deleter) -> None:
    """And forget what came of it."""
    await caller.run(commands.DeleteWebhook(id))


async def _secret(id: UUID, caller: Caller, response: Response) -> SecretView:
    """As it is kept: whoever repeats a request with its key gets the same one."""
    response.headers.update(ONCE)
    async with caller.reading() as session:
        webhook = await webhooks.one_webhook(session, id)
    return SecretView(id=id, secret=vault(caller).open(webhook.secret))
