"""How far a run is."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from emulation.progress import PlainProgress, shown_progress


@pytest.mark.parametrize(
    ("total", "posts", "seconds", "line"),
    [
        (10_000, 2_500, 5.0, "2,500 of 10,000 posts, 500.0 posts/s, 15 s left"),
        (10_000, 0, 5.0, "0 of 10,000 posts, 0.0 posts/s, waiting for the API"),
        (None, 30, 30.0, "30 posts, 1.0 posts/s"),
    ],
)
def test_a_plain_line(total: int | None, posts: int, seconds: float, line: str) -> None:
    assert PlainProgress(Console(), total).line(posts, seconds) == line


def test_plain_lines_come_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    written = io.StringIO()
    with shown_progress(Console(file=written, width=100), 100) as progress:
        for second in range(12):
            now[0] = 100.0 + second
            progress.update(second)
    assert written.getvalue().splitlines() == [
        "5 of 100 posts, 1.0 posts/s, 95 s left",
        "10 of 100 posts, 1.0 posts/s, 90 s left",
    ]


def test_a_terminal_shows_a_bar() -> None:
    written = io.StringIO()
    console = Console(file=written, width=100, force_terminal=True)
    with shown_progress(console, 100) as progress:
        progress.update(40)
    assert "40/100" in written.getvalue()
    assert "Posting" in written.getvalue()
