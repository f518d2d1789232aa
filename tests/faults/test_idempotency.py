"""The same request sent many times happens once."""

import asyncio

from tests.faults.programs import Town


async def test_a_key_used_a_hundred_times_at_once_has_one_effect_and_one_answer(town: Town) -> None:
    await town.everybody()
    await town.start("speaker")
    client = town.client()
    line = await town.line(client)

    async def say(word: str) -> tuple[int, str]:
        response = await client.post(
            f"/lines/{line}/words", json={"word": word}, headers={"Idempotency-Key": "the same"}
        )
        return response.status_code, response.text if response.status_code == 200 else response.json()["type"]

    answers = await asyncio.gather(*(say("one word") for _ in range(100)))
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert await say("another word") == (422, "urn:problem-type:buurtthuis:key-reused")
    town.ledger.done.append("one word")
    await town.expect_every_word_once()
