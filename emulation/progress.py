"""Shows the progress of a run: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

__all__ = ["PlainProgress", "ShowProgress", "rate_text", "shown_progress"]

PLAIN_SECONDS = 5.0
SPEED_WINDOW_SECONDS = 10.0


type ShowProgress = Callable[[int], None]
"""Shows that a number of posts is settled."""


def rate_text(posts_per_second: float) -> str:
    """Return `posts_per_second` as all output shows it."""
    return f"{posts_per_second:,.{0 if posts_per_second >= 100 else 1}f} posts/s"


class _CountColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return the number of settled posts and the total."""
        total = "" if task.total is None else f"/{task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{total}", style="green")


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
        left = f"{(self._total - posts) / rate:,.0f} s left" if rate else "waiting for the API"
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
        task = progress.add_task(description, total=total)
        yield lambda posts: progress.update(task, completed=posts)
