"""The progress of a run."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from emulation.report import PlainProgress, shown_progress


@pytest.mark.parametrize(
    ("total", "posts", "seconds", "line"),
    [
        (10_000, 2_500, 5.0, "2,500 of 10,000 posts, 500 posts/s, 15 s left"),
        (10_000, 0, 5.0, "0 of 10,000 posts, 0.0 posts/s, waiting for the API"),
        (None, 30, 30.0, "30 posts, 1.0 posts/s"),
        (None, 37_500, 3.0, "37,500 posts, 12,500 posts/s"),
    ],
)
def test_a_plain_line(total: int | None, posts: int, seconds: float, line: str) -> None:
    assert PlainProgress(Console(), total).line(posts, seconds) == line


def test_a_plain_line_is_printed_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    written = io.StringIO()
    with shown_progress(Console(file=written, width=100), 100) as show:
        for second in range(12):
            now[0] = 100.0 + second
            show(second)
    assert written.getvalue().splitlines() == [
        "5 of 100 posts, 1.0 posts/s, 95 s left",
        "10 of 100 posts, 1.0 posts/s, 90 s left",
    ]


def last_frame(written: str) -> str:
    plain = re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", written)
    return [line for line in re.split(r"[\r\n]", plain) if line.strip()][-1]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("total", "shown"), [(1_000_000, "400,000/1,000,000"), (None, "━ 400,000 ")]
)
def test_a_terminal_shows_a_bar_in_one_line(width: int, total: int | None, shown: str) -> None:
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=True)
    with shown_progress(console, total) as show:
        show(400_000)
    assert shown in last_frame(written.getvalue())
    assert "Posting" in last_frame(written.getvalue())


def test_a_bar_ends_with_the_speed_of_the_whole_run(clock: list[float]) -> None:
    written = io.StringIO()
    console = Console(file=written, width=80, force_terminal=True, get_time=lambda: clock[0])
    with shown_progress(console, 11_154) as show:
        for posts in (2_000, 11_154):
            clock[0] += 1.0
            show(posts)
    assert "11,154/11,154 5,577 posts/s" in last_frame(written.getvalue())
