"""Events that a reaction gave up on: shown, retried and dropped over HTTP by those who may."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, Work, new_id
from buurtthuis.eventlog.retries import retry_parked
from buurtthuis.events import Audience
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground, playground, samples
from buurtthuis.testing.samples import BROKEN, Echo
from buurtthuis.testing.samples.domain import NoteWritten, WriteNote
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.actors import STAFF
from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS

PARKED = f"/{ECHOES}/v1/parked-events"


@pytest.fixture
async def place(sample_settings: Settings) -> AsyncIterator[Playground]:
    """A system in which one event is parked."""
    BROKEN.add("bad")
    async with playground([samples.notes, samples.echoes], sample_settings) as running:
        notes = running.service(NOTES)
        await notes.dispatcher.run(WriteNote("bad"), notes.corporations[OURS], Cause(STAFF))
        await running.settled()
        yield running
    BROKEN.clear()


async def parked_id(place: Playground) -> str:
    (one,) = (await place.client(Role.OPERATOR).get(PARKED)).json()["items"]
    return str(one["id"])


async def echoes(place: Playground) -> int:
    async with place.service(ECHOES).database.transaction(OURS) as session:
        return len([one for one in await session.scalars(select(Echo)) if one.line == 0])


async def test_a_parked_event_is_shown_with_why_and_what(place: Playground) -> None:
    shown = (await place.client(Role.STAFF).get(f"{PARKED}/{await parked_id(place)}")).json()
    assert (shown["reaction"], shown["source"], shown["position"]) == ("echo_the_note", NOTES, 1)
    assert shown["why"].startswith("CannotEcho at ")
    assert shown["envelope"]["sequence"] == f"{1:020}"


@pytest.mark.parametrize(
    ("audience", "staff_may"), [(Audience.STAFF, True), (Audience.RESIDENTS, True), (Audience.SYSTEM, False)]
)
async def test_what_was_said_to_services_alone_is_parked_for_operators_alone(
    place: Playground, audience: Audience, staff_may: bool
) -> None:
    BROKEN.clear()
    staff, operator, id = place.client(Role.STAFF), place.client(Role.OPERATOR), await parked_id(place)
    async with place.service(ECHOES).database.transaction(OURS) as session:
        await session.execute(SAID_TO, {"audience": audience.value})
    assert len((await staff.get(PARKED)).json()["items"]) == staff_may
    assert (await staff.get(f"{PARKED}/{id}")).is_success is staff_may
    if not staff_may:
        unknown = (await staff.get(f"{PARKED}/{new_id()}")).json()["type"]
        for answer in (
            await staff.get(f"{PARKED}/{id}"),
            await staff.post(f"{PARKED}/{id}/retry"),
            await staff.delete(f"{PARKED}/{id}"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (404, unknown)
    assert await echoes(place) == 0
    assert (await operator.get(f"{PARKED}/{id}")).status_code == 200
    assert (await operator.post(f"{PARKED}/{id}/retry")).status_code == 204


SAID_TO = text(
    "UPDATE parked_events SET envelope = jsonb_set(envelope, '{audience}', to_jsonb(CAST(:audience AS text)))"
)


async def test_a_retry_that_succeeds_takes_it_away_and_its_effect_is_published(place: Playground) -> None:
    BROKEN.clear()
    operator = place.client(Role.OPERATOR)
    assert (await operator.post(f"{PARKED}/{await parked_id(place)}/retry")).status_code == 204
    assert (await operator.get(PARKED)).json()["items"] == []
    await place.settled()
    assert len(await place.events(ECHOES)) == 1


async def test_a_retry_that_fails_says_why_and_leaves_it(place: Playground) -> None:
    id = await parked_id(place)
    answer = await place.client(Role.OPERATOR).post(f"{PARKED}/{id}/retry")
    assert answer.status_code == 409
    assert "CannotEcho" in answer.json()["detail"]
    assert await parked_id(place) == id


async def test_a_retry_while_the_database_is_away_is_not_the_reactions_failure(place: Playground) -> None:
    one, id = place.service(ECHOES), await parked_id(place)

    async def lose_the_connection(event: NoteWritten, work: Work) -> None:
        await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # type: ignore[attr-defined]

    handlers = Handlers()
    handlers.event(lose_the_connection)
    handlers.reactions["echo_the_note"] = handlers.reactions["lose_the_connection"]
    with pytest.raises(DBAPIError):
        await retry_parked(one.database, one.corporations[OURS], handlers, UUID(id))
    assert await parked_id(place) == id


async def test_what_is_dropped_never_happens(place: Playground) -> None:
    operator, id = place.client(Role.OPERATOR), await parked_id(place)
    BROKEN.clear()
    assert (await operator.delete(f"{PARKED}/{id}")).status_code == 204
    assert (await operator.post(f"{PARKED}/{id}/retry")).status_code == 404
    assert await echoes(place) == 0


async def test_residents_do_not_see_them(place: Playground) -> None:
    assert (await place.client(Role.RESIDENT).get(PARKED)).status_code == 403


async def test_a_foreign_one_is_as_unknown_as_any(place: Playground) -> None:
    stranger = place.client(Role.OPERATOR, corporation=THEIRS)
    answers = [
        (await stranger.get(f"{PARKED}/{id}")).status_code for id in (await parked_id(place), str(new_id()))
    ]
    assert answers == [404, 404]
    assert (await stranger.get(PARKED)).json()["items"] == []
