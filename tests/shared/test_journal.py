"""The service's own event log: what is written of an event, and what is read."""

from buurtthuis.core.actor import Actor
from buurtthuis.core.work import Cause, new_id
from buurtthuis.events import Audience
from buurtthuis.persistence import journal
from buurtthuis.testing.samples.domain import NoteWritten
from sqlalchemy import select

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import OURS, Rooms

rooms = emptied_rooms


async def test_a_row_says_who_did_what_to_whom_and_when(rooms: Rooms) -> None:
    house, note, jan = new_id(), new_id(), new_id()
    cause = Cause(Actor.of_resident(jan), traceparent="trace")
    row = journal.row(NoteWritten(note_id=note, text="Hé", house_id=house), cause, rooms.notes.clock())
    assert (row["type"], row["subject"], row["house"]) == (
        "nl.buurtthuis.sample_notes.note-written.v1",
        str(note),
        house,
    )
    assert (row["actor"], row["traceparent"], row["audience"]) == (f"resident:{jan}", "trace", 1)
    assert row["data"] == {"note_id": str(note), "text": "Hé", "house_id": str(house)}


async def test_what_has_no_position_yet_is_not_read(rooms: Rooms) -> None:
    await rooms.write()
    assert await rooms.journalled() == []
    await rooms.relay().relay(OURS)
    assert len(await rooms.journalled()) == 1


async def test_an_entry_is_read_as_far_as_its_audience_goes(rooms: Rooms) -> None:
    await rooms.write()
    await rooms.relay().relay(OURS)
    async with rooms.notes.transaction(OURS) as session:
        seen = [len(await journal.read(session, 0, 10, audience=audience)) for audience in Audience]
    assert seen == [0, 1, 1, 1]


async def test_state_and_journal_are_written_together(rooms: Rooms) -> None:
    receipt = await rooms.write()
    async with rooms.notes.transaction(OURS) as session:
        subjects = list(await session.scalars(select(journal.journal.c.subject)))
    assert subjects == [str(receipt.id)]
