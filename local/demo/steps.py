"""The steps of the demo, each shown while it works and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

__all__ = ["Steps"]


class Steps:
    """Announces each step on the terminal and keeps how long it took.

    Attributes:
        seconds: Duration of each step that ended, by its title.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str, *, busy: bool = False) -> Iterator[None]:
        """Time what happens within; `busy` shows a moving sign, for work that shows nothing."""
        self._console.rule(f"[bold]{title}", align="left", style="dim")
        begun = time.monotonic()
        if busy:
            with self._console.status(title):
                yield
        else:
            yield
        self.seconds[title] = time.monotonic() - begun
        self._console.print(f"[dim]{self.seconds[title]:.1f} s")
