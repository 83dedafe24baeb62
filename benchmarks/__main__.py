"""`python -m benchmarks`, which `make bench` calls: every figure of the README."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from typing import Annotated, NamedTuple

import typer

from benchmarks.cleaning import cleaning
from benchmarks.demo import demo
from benchmarks.equality import equality
from benchmarks.figures import Figure, show, tell
from benchmarks.idle import idle
from benchmarks.ingest import ingest
from benchmarks.lag import lag
from benchmarks.merging import merge
from benchmarks.scale import posts, small_objects
from benchmarks.streaming import stream

__all__ = ["BENCHMARKS", "Benchmark", "main"]


class Benchmark(NamedTuple):
    """How figures are measured.

    Attributes:
        measure: Measures them.
        needs: Programs that it calls, beyond those that `make install` needs.
    """

    measure: Callable[[], list[Figure]]
    needs: tuple[str, ...] = ()


BENCHMARKS = {
    "cleaning": Benchmark(lambda: cleaning(1_000_000, repeats=5)),
    "equality": Benchmark(lambda: equality(50_000)),
    "objects": Benchmark(lambda: small_objects(20_000, lines=10, repeats=3)),
    "ingest": Benchmark(lambda: ingest(300_000, repeats=5, most=1_000_000), needs=("wrk",)),
    "scale": Benchmark(lambda: posts(10_000, 100_000, 1_000_000)),
    "stream": Benchmark(lambda: stream(100_000, 500_000, shards=4, repeats=3), needs=("jcmd",)),
    "lag": Benchmark(lambda: lag(500, warm_seconds=90, seconds=60)),
    "idle": Benchmark(lambda: idle(100)),
    "merge": Benchmark(lambda: merge(100_000, 1_000_000, 5_000_000, batch=10_000, repeats=3)),
    "demo": Benchmark(demo, needs=("git", "make")),
}


def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Which of: {', '.join(BENCHMARKS)}. Default: all."),
    ] = None,
) -> None:
    """Measure, and print each figure with what it should be.

    Raises:
        Exit: Raised with 1 when a figure is not as it should be.
    """
    chosen = names or list(BENCHMARKS)
    _check(chosen)
    figures: list[Figure] = []
    try:
        for name in chosen:
            tell(f"{name}:")
            figures += BENCHMARKS[name].measure()
    finally:  # what took an hour is shown, whatever comes after it
        show(figures)
    if not all(figure.good for figure in figures):
        raise typer.Exit(1)


def _check(names: Iterable[str]) -> None:
    """Check before the first benchmark what even the last one needs.

    Raises:
        BadParameter: Raised for a benchmark that there is not, or that lacks a program.
    """
    for name in names:
        if name not in BENCHMARKS:
            known = ", ".join(BENCHMARKS)
            raise typer.BadParameter(f"expected some of {known}; got {name!r}")
        for program in BENCHMARKS[name].needs:
            if shutil.which(program) is None:
                raise typer.BadParameter(
                    f"{name} needs {program}, which is not here: install it, or name the others"
                )


if __name__ == "__main__":
    typer.run(main)
