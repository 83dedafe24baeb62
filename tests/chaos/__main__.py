"""`python -m tests.chaos`: faults at random under load, and a check of every acknowledged record.

`make chaos` calls it.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local import command
from tests.chaos.environment import KINDS, chaos_environment
from tests.chaos.run import ChaosRun, Result
from tests.chaos.schedule import Fault, schedule

__all__ = ["main"]

_LARGEST_SEED = 1_000_000


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="Length of the load.")] = 5.0,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same faults. [default: at random]")
    ] = None,
    rate: Annotated[float, typer.Option(min=2, help="Posts per second and pipeline.")] = 20.0,
) -> None:
    """Start an environment of its own, post, inject faults, heal, drain, and check.

    Raises:
        Exit: Raised with 1 when a record is missing, is there twice, or is not the newest.
    """
    console = Console()
    seed = random.randrange(_LARGEST_SEED) if seed is None else seed
    faults = schedule(seed, minutes * 60, KINDS)
    console.print(f"Seed {seed}: {len(faults)} faults in {minutes:g} minutes.", highlight=False)
    with chaos_environment() as environment:
        run = ChaosRun(environment, seed, rate)
        run.inject(faults, minutes * 60, partial(_show, console))
        result = run.check()
    console.print(_table(result))
    kinds = Counter(fault.kind for fault in faults)
    console.print("Faults: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    console.print(
        f"Interrupted cleanings: {result.cleanings_failed}. Repeat with: "
        f"make chaos MINUTES={minutes:g} SEED={seed}",
        highlight=False,
    )
    if not result.passed:
        raise typer.Exit(1)


def _show(console: Console, fault: Fault) -> None:
    console.print(str(fault), highlight=False, markup=False)


def _table(result: Result) -> Table:
    table = Table("pipeline", title="Acknowledged records and the tables")
    for name in ("acknowledged", "unseen", "duplicates", "stale", "unknown", "ambiguous"):
        table.add_column(name, justify="right")
    for name, verdict in result.verdicts.items():
        table.add_row(
            name,
            *(
                f"{number:,}"
                for number in (
                    verdict.acknowledged,
                    verdict.unseen,
                    verdict.duplicates,
                    verdict.stale,
                    verdict.unknown,
                    verdict.ambiguous,
                )
            ),
        )
    return table


if __name__ == "__main__":
    command.run(partial(typer.run, main))
