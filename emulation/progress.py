"""Shows how far a run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

__all__ = ["PlainProgress", "Show", "shown_progress"]

PLAIN_SECONDS = 5.0
SPEED_WINDOW_SECONDS = 10.0


class Show(Protocol):
    """Where progress is shown."""

    def update(self, posts: int) -> None:
        """Show that `posts` are settled."""


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return the posts per second of the last while."""
        speed = task.finished_speed or task.speed
        return Text("posts/s" if speed is None else f"{speed:,.0f} posts/s", style="cyan")


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
            return f"{posts:,} posts, {rate:,.1f} posts/s"
        left = f"{(self._total - posts) / rate:,.0f} s left" if rate else "waiting for the API"
        return f"{posts:,} of {self._total:,} posts, {rate:,.1f} posts/s, {left}"


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
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, speed_estimate_period=SPEED_WINDOW_SECONDS
    ) as progress:
        yield _Bar(progress, total, doing)
