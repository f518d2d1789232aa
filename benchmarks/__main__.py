"""`python -m benchmarks [name …] [--quick]`: measure, and print one table."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    announcement,
    backlog,
    command,
    effects,
    followers,
    growth,
    judging,
    listener,
    reach,
    relay,
    up,
)
from benchmarks.figures import Row
from benchmarks.ground import in_a_process_of_its_own, ran_on

SUBJECTS: dict[str, Callable[[bool], Coroutine[Any, Any, list[Row]]]] = {
    "listener": listener.measure,
    "relay": relay.measure,
    "command": command.measure,
    "effects": effects.measure,
    "reach": reach.measure,
    "followers": followers.measure,
    "backlog": backlog.measure,
    "announcement": announcement.measure,
    "judging": judging.measure,
    "up": up.measure,
    "growth": growth.measure,
}
MET = {True: "[green]yes[/green]", False: "[red]no[/red]", None: "not asked"}


def main() -> int:
    """Measure what was asked for; fails only where a benchmark itself does."""
    asked = _asked()
    console = Console(highlight=False)
    busy = os.getloadavg()[0]
    rows, failed = [], 0
    for name in asked.names or SUBJECTS:
        console.print(f"[dim]measuring {name} …[/dim]")
        try:
            rows += in_a_process_of_its_own(SUBJECTS[name], asked.quick)
        except Exception:
            traceback.print_exc()
            failed += 1
    console.print(table(rows))
    console.print(f"{in_a_process_of_its_own(ran_on)} Load when it began: {busy:.1f}.", soft_wrap=True)
    return min(failed, 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"Only these: {', '.join(SUBJECTS)}.")
    parser.add_argument("--quick", action="store_true", help="Smaller numbers; the figures are rougher.")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(SUBJECTS)
    if unknown:
        parser.error(f"there is no benchmark called {', '.join(sorted(unknown))}")
    return asked


def table(rows: Sequence[Row]) -> Table:
    """All figures and their bars."""
    shown = Table("what", "figure", "against what", "ratio", "bar", "met", box=None)
    for row in rows:
        shown.add_row(row.what, row.figure, row.against, row.ratio, row.bar, MET[row.met])
    return shown


if __name__ == "__main__":
    sys.exit(main())
