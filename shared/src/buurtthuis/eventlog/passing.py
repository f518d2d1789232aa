"""Past what nobody here reacts to: checkpoints of many streams move in one statement, since no reaction can fail in it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from sqlalchemy import text

from buurtthuis.eventlog import checkpoints
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.persistence.engine import Database

log = structlog.get_logger(__name__)

#: Checkpoints that are moved together.
TOGETHER = 50
#: Answers for those that have moved: see its migration.
MOVE_MANY = text("SELECT move_checkpoints(CAST(:moves AS jsonb))")


class Passing:
    """Of one service. Who comes while a statement is under way comes into the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[bool]]] = []
        self._moving: asyncio.Task[None] | None = None

    async def pass_over(
        self, corporation: str, source: str, before: HeardAt, batch: Sequence[Envelope]
    ) -> bool:
        """Move a checkpoint from before a batch to its end. Where that is not done, `checkpoints.move` says why."""
        is_moved = asyncio.get_running_loop().create_future()
        move = {"slug": corporation, "source": source, **before._asdict(), **checkpoints.end_of(batch)}
        self._waiting.append((move, is_moved))
        if self._moving is None:
            self._moving = asyncio.create_task(self._move_all())
        return bool(await is_moved)

    async def _move_all(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                moved = await self._move([move for move, _ in some])
                for nth, (_, is_moved) in enumerate(some):
                    if not is_moved.done():  # else nobody waits any more
                        is_moved.set_result(nth in moved)
        finally:
            self._moving = None

    async def _move(self, moves: Sequence[dict[str, Any]]) -> set[int]:
        """Which of these are done."""
        document = orjson.dumps([{"nth": nth, **move} for nth, move in enumerate(moves)]).decode()
        try:
            return {row[0] for row in await self._database.at_once(MOVE_MANY, {"moves": document})}
        except Exception:
            log.debug("together it did not go", checkpoints=len(moves), exc_info=True)
            return set()
