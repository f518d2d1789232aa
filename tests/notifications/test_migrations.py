"""Migrations that find what every corporation was told before, and show it to fewer."""

from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

from buurtthuis.core.settings import Settings
from buurtthuis.events import Audience
from buurtthuis_notifications.migrations import notifications_0009_deliveries_from_before as deliveries
from buurtthuis_notifications.migrations import notifications_0010_failures_from_before as failures
from sqlalchemy import Connection, text

from tests.migrations import CORPORATIONS, as_owner, in_each

INSERT = text(
    """
    INSERT INTO journal (event_id, type, subject, audience, actor, time, data)
    VALUES (gen_random_uuid(), 'nl.buurtthuis.notifications.' || :name, gen_random_uuid(), :rank, 'system', now(),
            jsonb_build_object('message_id', CAST(:message AS text)))
    """
)
BRING = text(
    """
    INSERT INTO hand_deliveries (id, message_id, resident_id, channel, rule, requested_at, expires_at, state, tries, version)
    VALUES (gen_random_uuid(), :message, gen_random_uuid(), 'letter', 'welcome', now(), now(), 'cancelled', 0, 1)
    """
)
SEEN = text("SELECT type, data->>'message_id' FROM journal WHERE audience <= :rank AND type LIKE '%deliver%'")
BROUGHT, ANOTHER = uuid4(), uuid4()
REQUESTED, DONE, FAILED = "hand-delivery-requested.v1", "hand-delivery-done.v1", "delivery-failed.v1"


async def test_what_was_said_before_of_whom_something_is_brought_to_is_shown_to_no_staff(
    settings: Settings,
) -> None:
    """They see the address beside the delivery's id."""
    said = [(REQUESTED, BROUGHT), (DONE, BROUGHT), (FAILED, BROUGHT)]
    assert await shown_after(settings, deliveries, said) == {(FAILED, str(BROUGHT))}


async def test_what_was_said_before_of_whom_nobody_brought_it_to_in_time_is_shown_to_no_staff(
    settings: Settings,
) -> None:
    """They see the address beside the moment; who stands on no list can be found by it as before."""
    said = [(FAILED, BROUGHT), (FAILED, ANOTHER)]
    assert await shown_after(settings, failures, said) == {(FAILED, str(ANOTHER))}


async def shown_after(settings: Settings, migration: ModuleType, said: list[tuple[str, UUID]]) -> Any:
    """What staff of every corporation see of what was said, once this migration is through. BROUGHT was to be brought."""
    found = await as_owner(settings, "notifications", lambda one: _shown_after(one, migration, said))
    one, other = (found[slug] for slug in CORPORATIONS)
    assert one == other
    return one


def _shown_after(connection: Connection, migration: ModuleType, said: list[tuple[str, UUID]]) -> Any:
    in_each(connection, lambda one: _say(one, said))
    migration.upgrade()
    return in_each(connection, _seen)


def _say(connection: Connection, said: list[tuple[str, UUID]]) -> None:
    connection.execute(BRING, {"message": BROUGHT})
    for name, message in said:
        connection.execute(INSERT, {"name": name, "message": str(message), "rank": Audience.STAFF.rank})


def _seen(connection: Connection) -> set[tuple[str, str]]:
    seen = connection.execute(SEEN, {"rank": Audience.STAFF.rank})
    return {(type.removeprefix("nl.buurtthuis.notifications."), message) for type, message in seen}
