"""The closing table of a run, and the same figures as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from emulation.errors import SettingsError
from emulation.events import EVENTS
from emulation.plan import Plan
from emulation.progress import rate_text
from emulation.tally import Tally

__all__ = ["Half", "Report"]

REASONS_SHOWN = 3


@dataclass(frozen=True)
class Half:
    """What a run has done for one destination.

    Attributes:
        destination: Its name.
        tally: What became of the records.
        plan: What was to be sent; null where posts were sent at random.
        resume_after: Index after which a later run can go on; null where there is no such point.
    """

    destination: str
    tally: Tally
    plan: Plan | None
    resume_after: int | None

    @property
    def complete(self) -> bool:
        """Whether every record that was to be sent was acknowledged."""
        return not self.tally.any_refused and all(
            self.rows(event.name) in {None, self._settled(event.name)} for event in EVENTS
        )

    @property
    def any_settled(self) -> bool:
        """Whether a record was acknowledged or refused, in this run or before."""
        return any(self._settled(event.name) for event in EVENTS)

    @property
    def any_acknowledged(self) -> bool:
        """Whether a post was acknowledged, in this run or before."""
        return self.tally.any_acknowledged or any(self._before(event.name) for event in EVENTS)

    @property
    def resumable(self) -> bool:
        """Whether a later run can go on, and has something left to send."""
        return (
            self.plan is not None
            and self.resume_after is not None
            and self.plan.first <= self.resume_after < self.plan.last
        )

    @property
    def held_at_first(self) -> bool:
        """Whether the resume point is kept, and lies before the first post."""
        return (
            self.plan is not None
            and self.resume_after is not None
            and self.resume_after < self.plan.first
        )

    def rows(self, event: str) -> int | None:
        """Return the rows that the source holds for `event`; null where posts are random."""
        return None if self.plan is None else self.plan.rows[event]

    def figures(self, event: str) -> dict[str, int]:
        """Return what became of the records of `event`."""
        counts = self.tally.events[event]
        return {
            "acknowledged_before": self._before(event),
            "acknowledged": counts.acknowledged,
            "retried": counts.retried,
            "refused": counts.refused,
        }

    def _before(self, event: str) -> int:
        return 0 if self.plan is None else self.plan.rows_before[event]

    def _settled(self, event: str) -> int:
        counts = self.tally.events[event]
        return self._before(event) + counts.acknowledged + counts.refused


@dataclass(frozen=True)
class Report:
    """What a run has done.

    Attributes:
        halves: What it has done for each destination.
        seconds: Duration of the run.
        interrupted: Whether it was asked to end.
    """

    halves: Sequence[Half]
    seconds: float
    interrupted: bool

    @property
    def complete(self) -> bool:
        """Whether every destination acknowledged every record that was to be sent."""
        return all(half.complete for half in self.halves)

    def print(self, console: Console) -> None:
        """Print what became of the records, if anything did, and where a later run can go on."""
        if any(half.any_settled for half in self.halves):
            console.print(self._table())
            for half in self.halves:
                self._print_refusals(console, half)
            for half in self.halves:
                self._print_speed(console, half)
        self._print_resume_points(console)

    def _print_speed(self, console: Console, half: Half) -> None:
        posts = half.tally.posts
        rate = posts / self.seconds if self.seconds else 0.0
        console.print(
            f"{posts:,} posts to {half.destination} in {self.seconds:,.1f} s ({rate_text(rate)})."
        )

    @staticmethod
    def _print_refusals(console: Console, half: Half) -> None:
        for event in EVENTS:
            for reason, records in half.tally.events[event.name].reasons.most_common(REASONS_SHOWN):
                console.print(
                    f"{half.destination}: {records:,} {event.name} refused: {reason}",
                    style="red",
                    markup=False,
                    soft_wrap=True,
                )

    def _print_resume_points(self, console: Console) -> None:
        for half in self.halves:
            if reached := _reached(half):
                console.print(f"{half.destination}: {reached}", soft_wrap=True)
        if any(half.resumable for half in self.halves):
            console.print("The same command with --resume goes on from there.", soft_wrap=True)

    def _table(self) -> Table:
        table = Table("to", "event", title="What became of the records", title_justify="left")
        for heading in ("rows in source", "sent before", "posted", "retried", "refused"):
            table.add_column(heading, justify="right")
        for half in self.halves:
            for event in EVENTS:
                rows = half.rows(event.name)
                figures = (f"{figure:,}" for figure in half.figures(event.name).values())
                shown = "" if rows is None else f"{rows:,}"
                table.add_row(half.destination, event.name, shown, *figures)
            table.add_section()
        return table

    def write(self, path: Path) -> None:
        """Write the figures to `path` as one JSON object, one member per event.

        With several destinations it has one member per destination, and each of these has its
        events.

        Raises:
            SettingsError: If it cannot be written.
        """
        figures = {half.destination: _by_event(half) for half in self.halves}
        written = figures if len(figures) > 1 else next(iter(figures.values()))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.format(msgspec.json.encode(written)))
        except OSError as error:
            raise SettingsError(
                f"The figures cannot be written to {path}: {error}. Name another file with "
                "--summary-json."
            ) from error


def _reached(half: Half) -> str | None:
    """Return how far `half` is, for people; null where nothing is left to say."""
    if not half.any_acknowledged:
        return "No post was acknowledged."
    if half.resumable:
        return f"Every post up to index {half.resume_after} is acknowledged."
    if half.held_at_first:
        return "Not all of the first posts are acknowledged: --resume begins with the first."
    return None


def _by_event(half: Half) -> dict[str, dict[str, int | None]]:
    return {
        event.name: {"rows_in_source": half.rows(event.name), **half.figures(event.name)}
        for event in EVENTS
    }
