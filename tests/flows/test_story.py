"""The first story, end to end, on real servers."""

import pytest
from buurtthuis.cli.demo import Story
from buurtthuis.testing import Playground


@pytest.mark.both_corporations
async def test_a_residents_idea_becomes_a_held_session(place: Playground) -> None:
    async def until(moment: object) -> None:
        place.clock.move_to(moment)  # type: ignore[arg-type]

    story = Story(place.url, place.process.issuer, lambda _: None, until, place.clock)
    await story.play()
    assert story.checked == 20
