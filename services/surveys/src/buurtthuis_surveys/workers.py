"""What surveys does beside commands and reactions: it prints letters, which takes longer than anybody waits."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from uuid import UUID, uuid4

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import NotFound, Refused
from buurtthuis.core.work import Cause
from buurtthuis.runtime.workers import Worker, Workplace

from buurtthuis_surveys.commands.mailings import FailLetters, FinishLetters, NotePrinted, TakeLetterRun
from buurtthuis_surveys.domain.mailings import NotOurs
from buurtthuis_surveys.queries.mailings import LetterToPrint, Printing, printing, to_print
from buurtthuis_surveys.rendering.letters import Invitation, Letter, Stack

#: Letters that are printed before it is said how far it is, and looked whether they are still wanted.
PIECE = 10


async def print_letters(running: Workplace, corporation: Corporation) -> int:
    """All runs that nobody prints, one after the other."""
    async with running.database.transaction(corporation.slug) as session:
        waiting = [*await session.scalars(to_print(await running.database.time(session)))]
    for run in waiting:
        await Press(running, corporation, run).print()
    return len(waiting)


class Press:
    """Prints one run, unless somebody else does."""

    def __init__(self, running: Workplace, corporation: Corporation, run: UUID) -> None:
        self._running, self._corporation = running, corporation
        self._run, self._lease = run, uuid4()

    async def print(self) -> None:
        """Piece by piece, in a thread, as long as they are wanted."""
        try:
            await self._do(TakeLetterRun(self._run, self._lease))
            async with self._running.database.transaction(self._corporation.slug) as session:
                found = await printing(session, self._run, self._lease)
            document = await self._printed(found)
            addresses = frozenset(letter.address_id for letter in found.letters)
            await self._do(FinishLetters(self._run, self._lease, document, addresses))
        except (NotOurs, NotFound):
            return
        except Refused as refused:
            await self._do(FailLetters(self._run, self._lease, str(refused)))

    async def _printed(self, found: Printing) -> bytes:
        form = found.survey.form
        invitation = Invitation.to(
            self._corporation, found.words, form.title, form.languages, found.survey.closes_at
        )
        stack, printed = Stack(invitation, self._corporation.envelopes), 0
        for piece in _pieces(found.letters):
            await asyncio.to_thread(stack.add, [_letter(each, found) for each in piece])
            printed += len(piece)
            await self._do(NotePrinted(self._run, self._lease, printed))
        return await asyncio.to_thread(stack.printed)

    async def _do(self, command: object) -> None:
        await self._running.dispatcher.run(command, self._corporation, Cause(SYSTEM))


def _letter(letter: LetterToPrint, found: Printing) -> Letter:
    # What comes behind a # is never sent to a server, so no log has it.
    return Letter(letter.code, f"{found.words.site}#{letter.code}", letter.to)


def _pieces(letters: Sequence[LetterToPrint]) -> Iterator[list[LetterToPrint]]:
    left = iter(letters)
    while piece := list(islice(left, PIECE)):
        yield piece


printer = Worker(print_letters, looks_for=to_print, every=timedelta(seconds=5), eager=False)
