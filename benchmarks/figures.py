"""Figures with units and targets, and their table."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "log_step", "show"]

_WIDTH = 160
"""Wide enough that no cell wraps, which Markdown does not allow."""


@dataclass(frozen=True)
class Figure:
    """One figure of a benchmark.

    Attributes:
        name: The measured quantity.
        value: The figure.
        unit: Its unit; empty for a ratio.
        at_least: The lower bound of the target; `None` without one.
        at_most: The upper bound of the target; `None` without one.
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
    def target(self) -> str:
        """The target as text; empty without a target."""
        bounds = ((self.at_least, "≥"), (self.at_most, "≤"))
        return " ".join(f"{sign} {bound:,g}" for bound, sign in bounds if bound is not None)

    @property
    def good(self) -> bool:
        """Whether the figure meets its target."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


def show(figures: Sequence[Figure]) -> None:
    """Print `figures` as a table in Markdown."""
    table = Table(box=box.MARKDOWN, header_style="")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("target")
    for figure in figures:
        missed = "" if figure.good else " **missed**"
        table.add_row(figure.name, figure.measured, figure.target + missed)
    Console(width=_WIDTH).print(table)


def log_step(step: str) -> None:
    """Print the time and the current step to stderr."""
    print(f"{time.strftime('%H:%M:%S')} {step}", file=sys.stderr, flush=True)
