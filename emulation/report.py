"""What a run prints: its progress, the closing table and errors; the figures as a JSON file."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Never

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from emulation.delivery import DeliveryCounters
from emulation.errors import SettingsError
from emulation.posts import PostRange
from pinterest_pipeline.names import EVENT_NAMES

__all__ = [
    "EXIT_FAILED",
    "DestinationResult",
    "PlainProgress",
    "RunSummary",
    "escape_unprintable",
    "exit_with",
    "shown_progress",
]

EXIT_FAILED = 1
PLAIN_SECONDS = 5.0
SPEED_WINDOW_SECONDS = 10.0
REASONS_SHOWN = 5

type ShowProgress = Callable[[int], None]
"""Shows that a number of posts is settled."""


def rate_text(posts_per_second: float) -> str:
    """Return `posts_per_second` as all output shows it."""
    return f"{posts_per_second:,.{0 if posts_per_second >= 100 else 1}f} posts/s"


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return the posts per second of the last seconds; at the end, of the whole run."""
        speed = task.speed
        if task.finished_time:
            speed = task.completed / task.finished_time
        return Text("posts/s" if speed is None else rate_text(speed), style="cyan")


class PlainProgress:
    """Prints a line every few seconds."""

    def __init__(self, console: Console, total: int | None) -> None:
        """Take the `total` number of posts; None if the run has no end."""
        self._console = console
        self._total = total
        self._started = self._printed = time.monotonic()

    def update(self, posts: int) -> None:
        """Print a line if the last one is old enough."""
        now = time.monotonic()
        if now - self._printed >= PLAIN_SECONDS:
            self._printed = now
            self._console.print(self.line(posts, now - self._started), highlight=False)

    def line(self, posts: int, seconds: float) -> str:
        """Return the line for `posts` settled in `seconds`."""
        rate = posts / seconds
        if self._total is None:
            return f"{posts:,} posts, {rate_text(rate)}"
        left = f"{(self._total - posts) / rate:,.0f} s left" if rate else "no post settled yet"
        return f"{posts:,} of {self._total:,} posts, {rate_text(rate)}, {left}"


@contextmanager
def shown_progress(
    console: Console, total: int | None, description: str = "Posting"
) -> Iterator[ShowProgress]:
    """Show the progress towards `total` posts (None: no end) while the block runs.

    Yields:
        A function that shows the number of settled posts.
    """
    if not console.is_terminal:
        yield PlainProgress(console, total).update
        return
    settled = "{task.completed:,.0f}" + ("" if total is None else f"/{total:,}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(settled, style="green"),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, speed_estimate_period=SPEED_WINDOW_SECONDS
    ) as progress:
        task = progress.add_task(description, total=total)
        yield lambda posts: progress.update(task, completed=posts)


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

    def figures(self, event: str) -> dict[str, int | None]:
        """Return the rows in the source and the delivery results of `event`."""
        counts = self.counters.events[event]
        return {
            "rows_in_source": self.rows(event),
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
        """Print the delivery results, if any, and where a later run can resume."""
        if any(result.settled(event) for result in self.results for event in EVENT_NAMES):
            console.print(self._table())
            for result in self.results:
                self._print_refusals(console, result)
            for result in self.results:
                posts = result.counters.posts
                rate = rate_text(posts / self.seconds if self.seconds else 0.0)
                sent = "1 post" if posts == 1 else f"{posts:,} posts"
                seconds = f"{self.seconds:,.{1 if self.seconds >= 1 else 2}f}"
                console.print(f"{sent} to {result.destination} in {seconds} s ({rate}).")
        self._print_resume_points(console)

    @staticmethod
    def _print_refusals(console: Console, result: DestinationResult) -> None:
        for event in EVENT_NAMES:
            counts = result.counters.events[event]
            for reason, records in counts.reasons.most_common(REASONS_SHOWN):
                indexes = ", ".join(map(str, counts.examples.get(reason, [])))
                where = f" (index {indexes})" if indexes else ""
                console.print(
                    f"{result.destination}: {records:,} {event} refused: {reason}{where}",
                    style="red",
                    markup=False,
                    soft_wrap=True,
                )
            if more := sum(records for _, records in counts.reasons.most_common()[REASONS_SHOWN:]):
                text = f"{result.destination}: {more:,} {event} refused for other reasons"
                console.print(text, style="red", soft_wrap=True)

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
                figures = result.figures(event).values()
                cells = ("" if figure is None else f"{figure:,}" for figure in figures)
                table.add_row(result.destination, event, *cells)
            table.add_section()
        return table

    def write(self, path: Path) -> None:
        """Write the figures to `path` as one JSON object, one member per event.

        With several destinations it has one member per destination, and each of these has its
        events.

        Raises:
            SettingsError: Raised when it cannot be written.
        """
        figures = {
            result.destination: {event: result.figures(event) for event in EVENT_NAMES}
            for result in self.results
        }
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


def escape_unprintable() -> None:
    """Let the output show characters that its encoding lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def exit_with(error: Exception) -> Never:
    """Print `error` and end the command.

    Raises:
        Exit: Raised with the exit code of a failure.
    """
    Console(stderr=True, style="red").print(
        f"Error: {error}", markup=False, highlight=False, soft_wrap=True
    )
    raise typer.Exit(EXIT_FAILED) from None
