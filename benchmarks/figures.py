"""What a benchmark says: rows of figures, each held against a bar."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Contender = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figure: str
    bar: str
    met: bool | None
    against: str = ""
    ratio: str = ""


def at_least(bar: float, what: str, ours: float, against: str, theirs: float) -> Row:
    """Our rate per second, as a part or a multiple of another rate of the same run."""
    ratio = ours / theirs
    return Row(
        what,
        f"{ours:,.0f}/s",
        f"≥ {bar:g} ×",
        ratio >= bar,
        against=f"{against}: {theirs:,.0f}/s",
        ratio=f"{ratio:.2f} ×",
    )


def at_most(bar: float, unit: str, what: str, figure: float, against: str = "") -> Row:
    """A figure that must stay under its bar."""
    return Row(what, f"{figure:,.1f} {unit}", f"≤ {bar:g} {unit}", figure <= bar, against=against)


def at_most_times(bar: float, what: str, unit: str, ours: float, against: str, theirs: float) -> Row:
    """A cost, as a multiple of another one of the same run."""
    ratio = ours / theirs if theirs else 0.0
    return Row(
        what,
        f"{ours:,.1f} {unit}",
        f"≤ {bar:g} ×",
        ratio <= bar,
        against=f"{against}: {theirs:,.1f} {unit}",
        ratio=f"{ratio:.2f} ×",
    )


async def take_turns(rounds: int, contenders: Mapping[str, Contender]) -> dict[str, float]:
    """Let all of them run, `rounds` times in turns, so that a slow minute is slow for all; the median of each."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            rates[name].append(await contender())
    return {name: median(found) for name, found in rates.items()}


async def rate(count: int, job: Awaitable[object]) -> float:
    """How many a second, when the job does `count`."""
    started = time.perf_counter()
    await job
    return count / (time.perf_counter() - started)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
