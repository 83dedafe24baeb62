"""`python -m benchmarks`, which `make bench` calls: every figure of docs/benchmarks.md."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, NamedTuple

import typer

from benchmarks.cleaning import cleaning, posts, small_objects
from benchmarks.demo import demo
from benchmarks.equality import equality
from benchmarks.figures import Figure, log_step, show
from benchmarks.ingest import ingest
from benchmarks.latency import idle, lag
from benchmarks.merging import merge
from benchmarks.runs import appending, runs
from benchmarks.schedule import schedule
from benchmarks.streaming import stream
from benchmarks.workspace import workspace
from local import command

__all__ = ["BENCHMARKS", "Benchmark", "main"]


class Benchmark(NamedTuple):
    """A measurement of some figures.

    Attributes:
        measure: Returns the figures.
        programs: The programs that it calls, beyond those that `make install` needs.
    """

    measure: Callable[[], list[Figure]]
    programs: tuple[str, ...] = ()


BENCHMARKS = {
    "cleaning": Benchmark(lambda: cleaning(1_000_000, repeats=5)),
    "equality": Benchmark(lambda: equality(50_000)),
    "runs": Benchmark(lambda: runs(repeats=5)),
    "appending": Benchmark(lambda: appending(1_000_000, repeats=3)),
    "objects": Benchmark(lambda: small_objects(5_000, lines=10, repeats=1)),
    "ingest": Benchmark(lambda: ingest(300_000, repeats=3, most=1_000_000), programs=("wrk",)),
    "scale": Benchmark(lambda: posts(10_000, 100_000, 1_000_000)),
    "stream": Benchmark(lambda: stream(100_000, 500_000, shards=4, repeats=3), programs=("jcmd",)),
    "lag": Benchmark(lambda: lag(500, warm_seconds=90, seconds=60)),
    "idle": Benchmark(lambda: idle(100)),
    "merge": Benchmark(lambda: merge(100_000, 1_000_000, 5_000_000, batch=10_000, repeats=3)),
    "workspace": Benchmark(lambda: workspace(5, notebooks=9, runs=500)),
    "schedule": Benchmark(lambda: schedule(11_154, repeats=3)),
    "demo": Benchmark(demo, programs=("git", "make")),
}


def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Which of: {', '.join(BENCHMARKS)}. Default: all."),
    ] = None,
) -> None:
    """Measure, and print each figure with its target.

    Raises:
        Exit: Raised with 1 when a figure misses its target.
    """
    chosen = names or list(BENCHMARKS)
    _check(chosen)
    figures: list[Figure] = []
    try:
        for name in chosen:
            log_step(f"{name}:")
            figures += BENCHMARKS[name].measure()
    finally:  # an error does not hide the figures of an hour
        show(figures)
    if not all(figure.good for figure in figures):
        raise typer.Exit(1)


def _check(names: Iterable[str]) -> None:
    """Check all benchmarks before the first one starts.

    Raises:
        BadParameter: Raised for an unknown benchmark, or when one of its programs is missing.
    """
    for name in names:
        if name not in BENCHMARKS:
            known = ", ".join(BENCHMARKS)
            raise typer.BadParameter(f"expected some of {known}; got {name!r}")
        for program in BENCHMARKS[name].programs:
            if shutil.which(program) is None:
                raise typer.BadParameter(
                    f"{name} needs {program}; install it, or name other benchmarks"
                )


if __name__ == "__main__":
    command.run(partial(typer.run, main))
