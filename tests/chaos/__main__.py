"""`python -m tests.chaos`: faults at random under load, and a check of every acknowledged record.

`make chaos` calls it.
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local import command
from tests.chaos import clocks, disks
from tests.chaos.environment import KINDS, chaos_environment
from tests.chaos.ledger import Result
from tests.chaos.run import ChaosRun
from tests.chaos.schedule import Fault, Kinds, schedule
from tests.support.parallel import use_own_ports

__all__ = ["main"]

_LARGEST_SEED = 1_000_000


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="Length of the load.")] = 5.0,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same faults. [default: at random]")
    ] = None,
    rate: Annotated[float, typer.Option(min=2, help="Posts per second and pipeline.")] = 20.0,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of fault; may be repeated.")
    ] = None,
    with_disks: Annotated[
        bool, typer.Option("--disks/--no-disks", help="Give services small disks, and fill them.")
    ] = True,
    with_clocks: Annotated[
        bool, typer.Option("--clocks/--no-clocks", help="Set the clocks of services (libfaketime).")
    ] = True,
    with_broken_writers: Annotated[
        bool,
        typer.Option(
            "--broken-writers", help="Also clean with writers whose errors must be found."
        ),
    ] = False,
) -> None:
    """Start an environment of its own, post, inject faults, heal, drain, and check.

    Raises:
        Exit: Raised with 1 when the result has an error (`Result.errors`), or when the check missed
            those of the broken writers; with 130 after Ctrl-C.
    """
    use_own_ports()  # a test may run this command beside others
    of_disks: Kinds = disks.KINDS if with_disks else {}
    of_clocks: Kinds = clocks.KINDS if with_clocks else {}
    kinds = _chosen(kind, {**KINDS, **of_disks, **of_clocks})
    if with_disks:
        disks.ensure_namespace()
    console = Console(soft_wrap=True, highlight=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, partial(_interrupt, console))
    seed = random.randrange(_LARGEST_SEED) if seed is None else seed
    faults = schedule(seed, minutes * 60, kinds)
    console.print(f"Seed {seed}, {minutes:g} min, faults: {len(faults)}. Starting the services.")
    try:
        with chaos_environment(with_clocks=not clocks.KINDS.keys().isdisjoint(kinds)) as own:
            run = ChaosRun(own, seed, rate)
            result = _result(console, run, faults, minutes * 60)
            counts = Counter(fault.kind for fault in faults)
            console.print("Faults: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
            reporting = ", ".join(own.reporting_full_disks())
            console.print(f"Services that reported a full disk: {reporting or 'none'}.")
            _show_result(console, result)
            errors = result.errors + (_control_errors(console, run) if with_broken_writers else [])
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    console.print(
        "Repeat with:\n"
        f".venv/bin/python -m tests.chaos --minutes={minutes:g} --seed={seed} --rate={rate:g}"
        + "".join(f" --kind='{name}'" for name in kind or ())
        + ("" if with_disks else " --no-disks")
        + ("" if with_clocks else " --no-clocks")
        + (" --broken-writers" if with_broken_writers else "")
    )
    if errors:
        console.print(f"[red]Failed[/]: {'; '.join(errors)}.")
        raise typer.Exit(1)
    console.print("[green]Passed[/]: each acknowledged record is in the tables once.")


def _chosen(names: list[str] | None, kinds: Kinds) -> Kinds:
    """Return the kinds with these names, or all.

    Raises:
        BadParameter: Raised for an unknown name.
    """
    for name in names or ():
        if name not in kinds:
            raise typer.BadParameter(f"expected some of {', '.join(kinds)}; got {name!r}")
    return {name: kinds[name] for name in names or kinds}


def _interrupt(console: Console, _number: int, _frame: object) -> None:
    console.print("Interrupted. Ending takes about a minute, because Spark's clients retry.")
    raise KeyboardInterrupt


def _result(console: Console, run: ChaosRun, faults: Sequence[Fault], seconds: float) -> Result:
    """Inject the faults, and check the records; print each phase and each fault."""
    console.print("Posting and cleaning. The faults begin when both pipelines write.")
    run.inject(faults, seconds, lambda fault: console.print(str(fault), markup=False))
    console.print("All services are started again. Waiting until every record has landed.")
    run.drain()
    console.print("Cleaning what is left, and checking each record.")
    return run.check()


def _control_errors(console: Console, run: ChaosRun) -> list[str]:
    """Let the run clean with broken writers; return an error if the check missed theirs."""
    console.print("Cleaning with broken writers, whose errors the check must find.")
    found = run.check_broken_writers()
    console.print(f"They left {found.unseen:,} unseen and {found.duplicates:,} duplicates.")
    missed = not (found.unseen and found.duplicates)
    return ["the check missed errors of the broken writers"] if missed else []


def _show_result(console: Console, result: Result) -> None:
    stages = result.stages
    console.print(_table(result))
    console.print(
        f"Records in the topics: {stages.in_topics:,}. Lines in the bucket: {stages.landed:,}. "
        f"Counted in loads: {stages.loaded:,}."
    )
    during = ", ".join(f"{count:,} {name}" for name, count in result.micro_batches.items())
    console.print(f"Micro-batches that ended during the faults: {during}.")
    if not all(result.micro_batches.values()):
        console.print("Without one, the faults met only unfinished micro-batches: run it longer.")
    console.print(
        f"Interrupted cleanings: {result.cleanings_failed}. "
        f"Tables optimized meanwhile: {result.optimized}."
    )


def _table(result: Result) -> Table:
    table = Table("pipeline", title="Acknowledged records and the tables")
    numbers = ("acknowledged", "unseen", "duplicates", "stale", "unknown", "ambiguous")
    for number in numbers:
        table.add_column(number, justify="right")
    for name, verdict in result.verdicts.items():
        table.add_row(name, *(f"{getattr(verdict, number):,}" for number in numbers))
    return table


if __name__ == "__main__":
    command.run(partial(typer.run, main))
