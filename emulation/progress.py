"""Shows how far a run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

__all__ = ["PlainProgress", "Show", "rate_text", "shown_progress"]

PLAIN_SECONDS = 5.0
SPEED_WINDOW_SECONDS = 10.0


class Show(Protocol):
    """Where progress is shown."""

    def update(self, posts: int) -> None:
        """Show that `posts` are settled."""


def rate_text(posts_per_second: float) -> str:
    """Return `posts_per_second` as every bar, line and table shows it."""
    return f"{posts_per_second:,.{0 if posts_per_second >= 100 else 1}f} posts/s"


class _CountColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return how many posts are settled, and of how many."""
        total = "" if task.total is None else f"/{task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{total}", style="green")


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return the posts per second of the last while; at the end, of the whole run."""
        speed = task.speed
        if task.finished_time:
            speed = task.completed / task.finished_time
        return Text("posts/s" if speed is None else rate_text(speed), style="cyan")


class _Bar:
    def __init__(self, progress: Progress, total: int | None, doing: str) -> None:
        self._progress = progress
        self._task = progress.add_task(doing, total=total)

    def update(self, posts: int) -> None:
        self._progress.update(self._task, completed=posts)


class PlainProgress:
    """Prints a line every few seconds."""

    def __init__(self, console: Console, total: int | None) -> None:
        """Take the `total` number of posts; null where the run has no end."""
        self._console = console
        self._total = total
        self._began = self._printed = time.monotonic()

    def update(self, posts: int) -> None:
        """Print the line if the last one is old enough."""
        now = time.monotonic()
        if now - self._printed >= PLAIN_SECONDS:
            self._printed = now
            self._console.print(self.line(posts, now - self._began), highlight=False)

    def line(self, posts: int, seconds: float) -> str:
        """Return the line for `posts` settled in `seconds`."""
        rate = posts / seconds
        if self._total is None:
            return f"{posts:,} posts, {rate_text(rate)}"
        left = f"{(self._total - posts) / rate:,.0f} s left" if rate else "waiting for the API"
        return f"{posts:,} of {self._total:,} posts, {rate_text(rate)}, {left}"


@contextmanager
def shown_progress(console: Console, total: int | None, doing: str = "Posting") -> Iterator[Show]:
    """Show the progress towards `total` posts (null: endless) while the block runs.

    Yields:
        Where the progress is to be told.
    """
    if not console.is_terminal:
        yield PlainProgress(console, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        _CountColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, speed_estimate_period=SPEED_WINDOW_SECONDS
    ) as progress:
        yield _Bar(progress, total, doing)
