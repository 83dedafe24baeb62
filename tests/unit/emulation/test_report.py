"""What a run prints, and its figures in a file."""

from __future__ import annotations

import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from emulation.delivery import DeliveryCounters
from emulation.errors import SettingsError
from emulation.posts import PostRange
from emulation.report import DestinationResult, PlainProgress, RunSummary, shown_progress

RANGE = PostRange(
    first=0,
    resume_after=1,
    last=9,
    posts=8,
    rows={"pin": 10, "geo": 9, "user": 10},
    rows_before={"pin": 2, "geo": 2, "user": 2},
    refusals=[],
)

WHOLE_RANGE = replace(RANGE, resume_after=-1, posts=10, rows_before=dict.fromkeys(RANGE.rows, 0))


def counted(pin: int = 8, geo: int = 7, user: int = 8) -> DeliveryCounters:
    counters = DeliveryCounters()
    for event, records in (("pin", pin), ("geo", geo), ("user", user)):
        counters.acknowledged(event, records)
    counters.posts_settled(8)
    return counters


def result(
    counters: DeliveryCounters,
    post_range: PostRange | None = RANGE,
    destination: str = "kafka",
    after: int = 9,
) -> DestinationResult:
    return DestinationResult(destination, counters, post_range, after if post_range else None)


def summary_of(*results: DestinationResult) -> RunSummary:
    return RunSummary(results, 2.0, interrupted=False)


def text_of(summary: RunSummary, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    summary.print(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("records", "refused", "post_range", "complete"),
    [
        ((8, 7, 8), 0, RANGE, True),  # the others were acknowledged before
        ((8, 6, 8), 0, RANGE, False),
        ((8, 7, 7), 1, RANGE, False),
        ((1, 1, 1), 0, None, True),  # random posts
    ],
)
def test_a_run_is_complete_when_every_destination_has_acknowledged_every_row(
    records: tuple[int, int, int], refused: int, post_range: PostRange | None, complete: bool
) -> None:
    counters = counted(*records)
    if refused:
        counters.refused("user", refused, "422: odd")
    one = result(counters, post_range, destination="kinesis")
    assert summary_of(one).complete is complete
    assert summary_of(result(counted()), one).complete is complete


def test_an_incomplete_run_says_where_to_resume() -> None:
    incomplete = text_of(summary_of(result(counted(geo=6), after=7)))
    assert "Every post up to index 7 is acknowledged" in incomplete
    assert "Run the same command with --resume to continue." in incomplete
    assert "--resume" not in text_of(summary_of(result(counted())))


def test_a_row_without_an_index_is_no_reason_to_resume() -> None:
    counters = counted(user=7)
    counters.refused("user", 1, "the row has no index, which is its record's key")
    assert not summary_of(result(counters)).complete
    assert "--resume" not in text_of(summary_of(result(counters)))


@pytest.mark.parametrize("post_range", [WHOLE_RANGE, None])
def test_a_run_that_settled_nothing_has_no_table(post_range: PostRange | None) -> None:
    text = text_of(summary_of(result(DeliveryCounters(), post_range, after=-1)))
    assert text == "kafka: No post was acknowledged.\n"


def test_a_resumed_run_that_settled_nothing_says_where_it_stands() -> None:
    text = text_of(summary_of(result(DeliveryCounters(), after=1)))
    assert "Delivery results" in text
    assert "kafka: Every post up to index 1 is acknowledged." in text


def test_first_posts_that_are_not_all_acknowledged_block_the_resume_point() -> None:
    counters = counted(pin=9, geo=9, user=10)
    counters.refused("pin", 1, "422: odd")
    text = text_of(summary_of(result(counters, WHOLE_RANGE, after=-1)))
    assert "kafka: Not all of the first posts are acknowledged" in text
    assert "index -1" not in text


def test_the_most_frequent_reasons_are_shown_and_the_others_counted() -> None:
    counters = DeliveryCounters()
    for number in range(1, 8):
        counters.refused("pin", number, f"reason {number}")
    text = text_of(summary_of(result(counters)))
    shown = [f"kafka: {number} pin refused: reason {number}" for number in range(7, 2, -1)]
    assert "\n".join([*shown, "kafka: 3 pin refused for other reasons"]) in text


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_of_the_default_source_fits_its_terminal(width: int) -> None:
    rows = dict.fromkeys(RANGE.rows, 11_154)
    counters = counted(11_154, 11_154, 11_154)
    text = text_of(summary_of(result(counters, replace(WHOLE_RANGE, rows=rows), "kinesis")), width)
    assert "┃ rows in source ┃ sent before ┃ posted ┃ retried ┃ refused ┃" in text
    assert max(map(len, text.splitlines())) <= width


def test_the_figures_are_written_per_event(tmp_path: Path) -> None:
    counters = counted()
    counters.retried("geo", 5)
    summary_of(result(counters)).write(tmp_path / "new" / "figures.json")
    figures = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert list(figures) == ["pin", "geo", "user"]
    assert figures["geo"] == {
        "rows_in_source": 9,
        "acknowledged_before": 2,
        "acknowledged": 7,
        "retried": 5,
        "refused": 0,
    }


def test_figures_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Name another file with --summary-json"):
        summary_of(result(counted())).write(tmp_path)


def test_the_table_has_both_destinations() -> None:
    throttled = counted(pin=7)
    throttled.retried("pin", 12)
    throttled.refused("pin", 1, "400: [red]long[/red]")
    text = text_of(summary_of(result(counted()), result(throttled, destination="kinesis", after=8)))
    cells = [line.replace("│", " ").split() for line in text.splitlines()]
    assert ["kafka", "pin", "10", "2", "8", "0", "0"] in cells
    assert ["kinesis", "pin", "10", "2", "7", "12", "1"] in cells
    assert "8 posts to kafka in 2.0 s (4.0 posts/s)." in text
    assert "kinesis: 1 pin refused: 400: [red]long[/red]" in text  # as it is
    assert "kinesis: Every post up to index 8 is acknowledged" in text
    assert "kafka: Every post" not in text


def test_the_figures_of_both_destinations_are_written_per_destination(tmp_path: Path) -> None:
    other = result(counted(geo=3), destination="kinesis")
    summary_of(result(counted()), other).write(tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {to: list(events) for to, events in figures.items()} == {
        "kafka": ["pin", "geo", "user"],
        "kinesis": ["pin", "geo", "user"],
    }
    assert figures["kafka"]["geo"]["acknowledged"] == 7
    assert figures["kinesis"]["geo"]["acknowledged"] == 3


@pytest.mark.parametrize(
    ("total", "posts", "seconds", "line"),
    [
        (10_000, 2_500, 5.0, "2,500 of 10,000 posts, 500 posts/s, 15 s left"),
        (10_000, 0, 5.0, "0 of 10,000 posts, 0.0 posts/s, no post settled yet"),
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
