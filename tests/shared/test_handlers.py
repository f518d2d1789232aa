"""Which function takes which command or event."""

import pytest
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.testing.samples.domain import LineAdded, NoteWritten, StrangerSpoke, WriteNote


async def write(command: WriteNote, work: Work) -> None: ...
async def hear(event: NoteWritten, work: Work) -> None: ...
async def hear_too(event: NoteWritten, work: Work) -> None: ...
async def hear_a_line(event: LineAdded, work: Work) -> None: ...
async def hear_a_stranger(event: StrangerSpoke, work: Work) -> None: ...


def test_the_first_parameter_decides_which_command_is_taken() -> None:
    on = Handlers()
    assert on.command(write) is write
    assert on.commands == {WriteNote: write}


def test_a_command_has_one_handler() -> None:
    on = Handlers()
    on.command(write)
    with pytest.raises(TypeError, match="WriteNote has two handlers"):
        on.command(write)


def test_a_reaction_is_known_by_its_functions_name_which_is_its_own() -> None:
    on = Handlers()
    on.event(hear)
    with pytest.raises(TypeError, match="two reactions are called hear"):
        on.event(hear)


def test_an_event_may_have_several_reactions_in_the_order_they_were_written() -> None:
    on = Handlers()
    for reaction in (hear_too, hear, hear_a_line):
        on.event(reaction)
    found = on.reactions_to("sample_notes")[NoteWritten.type()]
    assert [one.name for one in found] == ["hear_too", "hear"]


def test_reactions_are_sorted_by_who_speaks() -> None:
    on = Handlers()
    on.event(hear)
    on.event(hear_a_stranger)
    assert on.heard == {"sample_notes", "sample_strangers"}
    assert set(on.reactions_to("sample_strangers")) == {StrangerSpoke.type()}


def test_rooms_are_merged_and_collide_as_one_would() -> None:
    one, other = Handlers(), Handlers()
    one.command(write)
    other.event(hear)
    merged = Handlers.merged([one, other])
    assert (list(merged.commands), list(merged.reactions)) == ([WriteNote], ["hear"])
    with pytest.raises(TypeError):
        Handlers.merged([one, other, other])
