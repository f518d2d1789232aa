"""What a command's handler may return, and what its caller is answered."""

from typing import Any, cast
from uuid import uuid4

import pytest
from buurtthuis.core.handlers import outcome
from buurtthuis.core.result import Answer, Result, events_of, receipt_of
from buurtthuis.core.work import NOTHING, Receipt
from buurtthuis.testing.samples import Note
from buurtthuis.testing.samples.domain import LineAdded, NoteIsTorn

NOTE, OTHER = Note(uuid4(), "one", version=3), Note(uuid4(), "other", version=7)
HELD: dict[str, Any] = {str(note.id): note for note in (OTHER, NOTE)}
ADDED, ADDED_ELSEWHERE = LineAdded(note_id=NOTE.id, line=2), LineAdded(note_id=OTHER.id, line=2)


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        pytest.param(ADDED, Receipt(NOTE.id, 3), id="an event"),
        pytest.param(Result(NOTE, [ADDED_ELSEWHERE, ADDED]), Receipt(NOTE.id, 3), id="an aggregate"),
        pytest.param(
            Result(NOTE.id, [ADDED_ELSEWHERE]), Receipt(NOTE.id, 3), id="the id of one that is held"
        ),
        pytest.param(Result(NOTE), Receipt(NOTE.id, 3), id="no event"),
        pytest.param(Result(None, [ADDED]), NOTHING, id="about none of them"),
        pytest.param(None, NOTHING, id="nothing at all"),
    ],
)
def test_the_caller_is_answered_with_what_the_handler_says_it_is_about(
    answer: Answer, receipt: Receipt
) -> None:
    assert receipt_of(answer, HELD) == receipt


@pytest.mark.parametrize("events", [[], [ADDED], [ADDED, ADDED_ELSEWHERE]])
def test_several_events_do_not_say_what_they_are_about_whichever_comes_first(events: list[Any]) -> None:
    with pytest.raises(TypeError, match="a Result or None"):
        receipt_of(cast("Answer", events), HELD)


async def test_a_refusal_takes_back_what_was_done_unless_it_says_what_it_keeps() -> None:
    async def refuse(refused: NoteIsTorn, _: object) -> None:
        raise refused

    with pytest.raises(NoteIsTorn):
        await outcome(refuse, NoteIsTorn(), None)
    for kept in ((), (ADDED, ADDED_ELSEWHERE)):
        assert events_of(await outcome(refuse, NoteIsTorn().keeping(*kept), None)) == kept
