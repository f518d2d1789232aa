"""What `buurtthuis up` costs: from start to ready, and at rest."""

import asyncio
import subprocess
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from benchmarks.figures import Row, at_most
from benchmarks.ground import answering, free_port, running, script


async def measure(quick: bool) -> list[Row]:
    """Once on an empty data folder, then on what that left."""
    with tempfile.TemporaryDirectory(prefix="buurtthuis-bench-") as folder:
        async with up(Path(folder)) as (_, first):
            pass
        async with up(Path(folder)) as (process, second):
            await asyncio.sleep(5)
            cpu, memory = await _at_rest(process, 5 if quick else 20)
    return [
        at_most(4, "s", "`buurtthuis up` → ready, empty data folder", first),
        at_most(4, "s", "`buurtthuis up` → ready, again", second),
        at_most(300, "MB", "at rest: memory of it and its servers (PSS)", memory),
        at_most(3, "%", "at rest: CPU of it and its servers", cpu),
    ]


@asynccontextmanager
async def up(data: Path) -> AsyncIterator[tuple[Process, float]]:
    """Everything in one process, and how many seconds it took to answer."""
    port = free_port()
    started = time.monotonic()
    async with running(
        str(script("buurtthuis")), "up", "--data", str(data), "--port", str(port), stdout=subprocess.DEVNULL
    ) as process:
        await answering(f"http://127.0.0.1:{port}/readyz", process)
        yield process, time.monotonic() - started


async def _at_rest(process: Process, seconds: float) -> tuple[float, float]:
    """CPU in percent of one core, memory in MB, of a process and all that it started."""
    top = psutil.Process(process.pid)
    family = [top, *top.children(recursive=True)]
    before = sum(_cpu(one) for one in family)
    await asyncio.sleep(seconds)
    cpu = (sum(_cpu(one) for one in family) - before) / seconds * 100
    return cpu, sum(one.memory_full_info().pss for one in family) / 2**20


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
