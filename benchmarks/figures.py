"""What a benchmark says: figures with units, and what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

__all__ = ["Figure", "show"]


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
    def wanted(self) -> str:
        """What it should be, as text; empty where nothing is asked."""
        bounds = ((self.at_least, "≥"), (self.at_most, "≤"))
        return " ".join(f"{sign} {bound:g}" for bound, sign in bounds if bound is not None)

    @property
    def good(self) -> bool:
        """Whether it is as it should be."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print `figures` as a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    for column in ("value", "unit", "wanted"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for figure in figures:
        style = "" if figure.good else "[red]"
        value = f"{figure.value:,.2f}" if figure.value < 100 else f"{figure.value:,.0f}"  # short
        table.add_row(figure.name, f"{style}{value}", figure.unit, figure.wanted)
    Console().print(table)
