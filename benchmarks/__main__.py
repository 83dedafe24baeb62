"""`python -m benchmarks`, which `make bench` calls: every figure of the README."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.cleaning import cleaning
from benchmarks.demo import demo
from benchmarks.equality import equality
from benchmarks.figures import Figure, show
from benchmarks.ingest import ingest
from benchmarks.scale import posts, small_objects

_BENCHMARKS = {
    "Cleaning": lambda: cleaning(1_000_000, 5),
    "Equality": lambda: equality(50_000),
    "Objects": lambda: small_objects(20_000, 1_000_000),
    "Ingest": lambda: ingest(300_000, 5),
    "Scale": lambda: posts([10_000, 100_000, 1_000_000]),
    "Demo": demo,
}


def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Which of: {', '.join(_BENCHMARKS).lower()}. Default: all."),
    ] = None,
) -> None:
    """Measure, and print each figure with what it should be.

    Raises:
        BadParameter: Raised for a benchmark that there is not.
        Exit: Raised with 1 when a figure is not as it should be.
    """
    wanted = [name.capitalize() for name in names or _BENCHMARKS]
    if unknown := [name for name in wanted if name not in _BENCHMARKS]:
        raise typer.BadParameter(f"no benchmark {unknown}; there are: {', '.join(_BENCHMARKS)}")
    figures: list[Figure] = []
    for name in wanted:
        found = _BENCHMARKS[name]()
        show(name, found)
        figures += found
    if not all(figure.good for figure in figures):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
