"""The summary of a run: the closing table, and the same figures as a JSON file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from emulation.delivery import DeliveryCounters
from emulation.errors import SettingsError
from emulation.posts import PostRange
from emulation.progress import rate_text
from pinterest_pipeline.names import EVENT_NAMES

__all__ = ["DestinationResult", "RunSummary"]

REASONS_SHOWN = 3


@dataclass(frozen=True)
class DestinationResult:
    """What a run has done for one destination.

    Attributes:
        destination: Its name.
        counters: Delivery results of the records.
        post_range: What was to be sent; None for random posts.
        resume_after: Index after which a later run can resume; None if there is no such point.
    """

    destination: str
    counters: DeliveryCounters
    post_range: PostRange | None
    resume_after: int | None

    @property
    def complete(self) -> bool:
        """Whether every record that was to be sent was acknowledged."""
        return not self.counters.any_refused and all(
            self.rows(event) in {None, self.settled(event)} for event in EVENT_NAMES
        )

    @property
    def any_acknowledged(self) -> bool:
        """Whether a post was acknowledged, in this run or before."""
        return self.counters.any_acknowledged or any(self._before(event) for event in EVENT_NAMES)

    @property
    def resumable(self) -> bool:
        """Whether a later run can resume and has posts left to send."""
        return (
            self.post_range is not None
            and self.resume_after is not None
            and self.post_range.first <= self.resume_after < self.post_range.last
        )

    def rows(self, event: str) -> int | None:
        """Return the rows that the source holds for `event`; None for random posts."""
        return None if self.post_range is None else self.post_range.rows[event]

    def figures(self, event: str) -> dict[str, int]:
        """Return what became of the records of `event`."""
        counts = self.counters.events[event]
        return {
            "acknowledged_before": self._before(event),
            "acknowledged": counts.acknowledged,
            "retried": counts.retried,
            "refused": counts.refused,
        }

    def _before(self, event: str) -> int:
        return 0 if self.post_range is None else self.post_range.rows_before[event]

    def settled(self, event: str) -> int:
        """Return the acknowledged and refused records of `event`, in this run and before."""
        counts = self.counters.events[event]
        return self._before(event) + counts.acknowledged + counts.refused


@dataclass(frozen=True)
class RunSummary:
    """What a run has done.

    Attributes:
        results: What it has done for each destination.
        seconds: Duration of the run.
        interrupted: Whether a signal ended it.
    """

    results: Sequence[DestinationResult]
    seconds: float
    interrupted: bool

    @property
    def complete(self) -> bool:
        """Whether every destination acknowledged every record that was to be sent."""
        return all(result.complete for result in self.results)

    def print(self, console: Console) -> None:
        """Print what became of the records, if any, and where a later run can resume."""
        if any(result.settled(event) for result in self.results for event in EVENT_NAMES):
            console.print(self._table())
            for result in self.results:
                self._print_refusals(console, result)
            for result in self.results:
                self._print_speed(console, result)
        self._print_resume_points(console)

    def _print_speed(self, console: Console, result: DestinationResult) -> None:
        posts = result.counters.posts
        rate = posts / self.seconds if self.seconds else 0.0
        console.print(
            f"{posts:,} posts to {result.destination} in {self.seconds:,.1f} s ({rate_text(rate)})."
        )

    @staticmethod
    def _print_refusals(console: Console, result: DestinationResult) -> None:
        for event in EVENT_NAMES:
            for reason, records in result.counters.events[event].reasons.most_common(REASONS_SHOWN):
                console.print(
                    f"{result.destination}: {records:,} {event} refused: {reason}",
                    style="red",
                    markup=False,
                    soft_wrap=True,
                )

    def _print_resume_points(self, console: Console) -> None:
        for result in self.results:
            if text := _resume_text(result):
                console.print(f"{result.destination}: {text}", soft_wrap=True)
        if any(result.resumable for result in self.results):
            console.print("Run the same command with --resume to continue.", soft_wrap=True)

    def _table(self) -> Table:
        table = Table("to", "event", title="Delivery results", title_justify="left")
        for heading in ("rows in source", "sent before", "posted", "retried", "refused"):
            table.add_column(heading, justify="right")
        for result in self.results:
            for event in EVENT_NAMES:
                rows = result.rows(event)
                figures = (f"{figure:,}" for figure in result.figures(event).values())
                source_rows = "" if rows is None else f"{rows:,}"
                table.add_row(result.destination, event, source_rows, *figures)
            table.add_section()
        return table

    def write(self, path: Path) -> None:
        """Write the figures to `path` as one JSON object, one member per event.

        With several destinations it has one member per destination, and each of these has its
        events.

        Raises:
            SettingsError: Raised when it cannot be written.
        """
        figures = {result.destination: _by_event(result) for result in self.results}
        content = figures if len(figures) > 1 else next(iter(figures.values()))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.format(msgspec.json.encode(content)))
        except OSError as error:
            raise SettingsError(
                f"The figures cannot be written to {path}: {error}. Name another file with "
                "--summary-json."
            ) from error


def _resume_text(result: DestinationResult) -> str | None:
    """Return where `result` can be resumed; None if there is nothing to resume."""
    if not result.any_acknowledged:
        return "No post was acknowledged."
    if result.resumable:
        return f"Every post up to index {result.resume_after} is acknowledged."
    first = result.post_range.first if result.post_range else None
    if first is not None and result.resume_after is not None and result.resume_after < first:
        return "Not all of the first posts are acknowledged: --resume begins with the first."
    return None


def _by_event(result: DestinationResult) -> dict[str, dict[str, int | None]]:
    return {
        event: {"rows_in_source": result.rows(event), **result.figures(event)}
        for event in EVENT_NAMES
    }
