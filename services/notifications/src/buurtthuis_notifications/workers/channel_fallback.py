"""Going on with what nobody said to have seen in time: by the next road, and which there are only this process knows."""

from datetime import timedelta

import structlog
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import why
from buurtthuis.core.work import Cause
from buurtthuis.runtime.workers import Worker, Workplace

from buurtthuis_notifications.commands.messages import GoOnUnseen
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries import messages

log = structlog.get_logger(__name__)


async def fall_back(running: Workplace[Parts], corporation: Corporation) -> int:
    """Some of them; the next round looks at the next."""
    async with running.database.transaction(corporation.slug) as session:
        unseen = list(await session.scalars(messages.unseen(await running.database.time(session))))
    channels = running.parts.channels_of(corporation)
    for id in unseen:
        try:
            await running.dispatcher.run(GoOnUnseen(id, channels), corporation, Cause(SYSTEM))
        except Exception as error:  # one that fails keeps no other from its time
            log.warning("a message that nobody saw cannot go on", why=why(error))
    return 0


worker = Worker(fall_back, looks_for=messages.unseen, every=timedelta(seconds=15), eager=False)
