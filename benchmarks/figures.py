"""What a benchmark says: figures with units, and what they should be."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "show", "tell"]

_WIDTH = 160
"""Wide enough that no cell is broken, which Markdown does not allow."""


@dataclass(frozen=True)
class Figure:
    """One figure of a benchmark.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Its unit; empty for a ratio.
        at_least: What it should reach; null where nothing is asked.
        at_most: What it should not exceed; null where nothing is asked.
    """

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def measured(self) -> str:
        """The figure and its unit, as text."""
        short = f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"
        return f"{short.removesuffix('.00')} {self.unit}".rstrip()

    @property
    def wanted(self) -> str:
        """What it should be, as text; empty where nothing is asked."""
        bounds = ((self.at_least, "≥"), (self.at_most, "≤"))
        return " ".join(f"{sign} {bound:,g}" for bound, sign in bounds if bound is not None)

    @property
    def good(self) -> bool:
        """Whether it is as it should be."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


def show(figures: Sequence[Figure]) -> None:
    """Print `figures` as a table in Markdown, to be pasted where people read it."""
    table = Table(box=box.MARKDOWN, header_style="")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("wanted")
    for figure in figures:
        missed = "" if figure.good else " **missed**"
        table.add_row(figure.name, figure.measured, figure.wanted + missed)
    Console(width=_WIDTH).print(table)


def tell(step: str) -> None:
    """Say what is being done, and the time."""
    print(f"{time.strftime('%H:%M:%S')} {step}", file=sys.stderr, flush=True)
