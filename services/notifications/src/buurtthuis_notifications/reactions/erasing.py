"""What every service says that it took away."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event, moderation, sessions, surveys

from buurtthuis_notifications.commands.erasures import erase, take_away
from buurtthuis_notifications.commands.sign_ins import revoke
from buurtthuis_notifications.domain.erasures import Erasure

on = Handlers()


@on.event
async def note_that_sessions_erased(event: sessions.ResidentDataErased, work: Work) -> Sequence[Event]:
    return await _note("sessions", event.request_id, event.resident_id, event.counts, work)


@on.event
async def note_that_surveys_erased(event: surveys.ResidentDataErased, work: Work) -> Sequence[Event]:
    return await _note("surveys", event.request_id, event.resident_id, event.counts, work)


@on.event
async def note_that_moderation_erased(event: moderation.ResidentDataErased, work: Work) -> Sequence[Event]:
    return await _note("moderation", event.request_id, event.resident_id, event.counts, work)


async def _note(
    service: str, request: UUID, resident: UUID, counts: Mapping[str, int], work: Work
) -> Sequence[Event]:
    """An answer to a request that is not known here comes from before our database was restored: we erase again.

    It is also the last that this service says of them: what came between the request and this goes now."""
    if await work.count(Erasure, id=request):
        await take_away(resident, work)
        return (await work.get(Erasure, request)).answer(service, counts, await work.time())
    ours, now = await erase(resident, work), await work.time()
    erasure = await work.get_or_keep(Erasure.again(request, resident, on.heard, now))
    answers = [*erasure.erase_ours(ours, now), *erasure.answer(service, counts, now)]
    return [*answers, await revoke(resident, work)]
