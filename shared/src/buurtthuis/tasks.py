"""Tasks that run until they are cancelled."""

import asyncio


def stop_if_cancelled() -> None:
    """For endless loops, after what they try: raises CancelledError where somebody swallowed one.

    `asyncio.wait_for`, which asyncpg waits with, returns instead where its result comes in the same moment."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
