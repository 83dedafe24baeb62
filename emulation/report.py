"""The closing table of a run, and the same figures as a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from emulation.errors import SettingsError
from emulation.events import EVENTS
from emulation.plan import Plan
from emulation.tally import Tally

__all__ = ["Report"]

REASONS_SHOWN = 3


@dataclass(frozen=True)
class Report:
    """What a run has done.

    Attributes:
        tally: What became of the records.
        plan: What was to be sent; null where posts were sent at random.
        seconds: Duration of the run.
        resume_after: Index after which a later run can go on; null where there is no such point.
        interrupted: Whether it was asked to end.
    """

    tally: Tally
    plan: Plan | None
    seconds: float
    resume_after: int | None
    interrupted: bool

    @property
    def complete(self) -> bool:
        """Whether every record that was to be sent was acknowledged."""
        return not self.tally.any_refused and all(
            self._rows(event.name) in {None, self._settled(event.name)} for event in EVENTS
        )

    def _rows(self, event: str) -> int | None:
        return None if self.plan is None else self.plan.rows[event]

    def _before(self, event: str) -> int:
        return 0 if self.plan is None else self.plan.rows_before[event]

    def _settled(self, event: str) -> int:
        counts = self.tally.events[event]
        return self._before(event) + counts.acknowledged + counts.refused

    def print(self, console: Console) -> None:
        """Print the table, the reasons of refusals, and where a later run can go on."""
        console.print(self._table())
        for event in EVENTS:
            for reason, records in self.tally.events[event.name].reasons.most_common(REASONS_SHOWN):
                console.print(
                    f"{records:,} {event.name} refused: {reason}",
                    style="red",
                    markup=False,
                    soft_wrap=True,
                )
        rate = self.tally.posts / self.seconds if self.seconds else 0.0
        console.print(f"{self.tally.posts:,} posts in {self.seconds:,.1f} s ({rate:,.1f} posts/s).")
        if self.resume_after is not None and not self.complete:
            console.print(
                f"Every post up to index {self.resume_after} is acknowledged. "
                "The same command with --resume goes on from there.",
                soft_wrap=True,
            )

    def _table(self) -> Table:
        table = Table("event", title="What became of the records", title_justify="left")
        for heading in ("rows in source", "sent before", "posted", "retried", "refused"):
            table.add_column(heading, justify="right")
        for event in EVENTS:
            rows, counts = self._rows(event.name), self.tally.events[event.name]
            figures = (
                self._before(event.name),
                counts.acknowledged,
                counts.retried,
                counts.refused,
            )
            shown = ("" if rows is None else f"{rows:,}", *(f"{figure:,}" for figure in figures))
            table.add_row(event.name, *shown)
        return table

    def write(self, path: Path) -> None:
        """Write the figures to `path` as one JSON object, one member per event.

        Raises:
            SettingsError: If it cannot be written.
        """
        figures = {event.name: self._figures(event.name) for event in EVENTS}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
        except OSError as error:
            raise SettingsError(
                f"The figures cannot be written to {path}: {error}. Name another file with "
                "--summary-json."
            ) from error

    def _figures(self, event: str) -> dict[str, int | None]:
        counts = self.tally.events[event]
        return {
            "rows_in_source": self._rows(event),
            "acknowledged_before": self._before(event),
            "acknowledged": counts.acknowledged,
            "retried": counts.retried,
            "refused": counts.refused,
        }
