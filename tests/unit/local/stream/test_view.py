"""The live view shows the rate, lag and rows of each stream."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console

from local.stream.view import LiveView
from pinterest_pipeline.monitoring import MicroBatch

STARTED = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return STARTED + dt.timedelta(seconds=seconds)


def batch(batch_id: int, records: int, second: float) -> MicroBatch:
    return MicroBatch("pin", batch_id, records, 0.8, 2.5, after(second))


@pytest.fixture
def view() -> LiveView:
    return LiveView(["pin", "geo"], STARTED, rate=5)


def test_posts_per_second_average_the_last_half_minute(view: LiveView) -> None:
    for number in range(5):
        view.add(batch(number, 60 if number else 6_000, second=10 * number))
    assert view.posts_per_second("pin", after(45)) == 6
    assert view.posts_per_second("geo", after(45)) == 0
    assert view.posts_per_second("pin", after(100)) == 0


def test_posts_per_second_do_not_fall_between_two_micro_batches(view: LiveView) -> None:
    view.add(batch(0, 60, second=10))
    assert {view.posts_per_second("pin", after(second)) for second in (10, 15, 20)} == {6}


def test_each_event_has_a_row_with_lag_and_rows(view: LiveView) -> None:
    view.add(batch(7, 60, second=2))
    view.count({"pin": 12_345, "geo": 0, "rejected": 2})
    console = Console(width=100, record=True, file=io.StringIO())

    console.print(view.table(after(10)))

    rows = [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in console.export_text().splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["pin", "30.0", "2.5", "0.8", "7", "60", "12,345"],
        ["geo", "0.0", "", "", "", "", "0"],
        ["rejected", "", "", "", "", "", "2"],
    ]


def test_the_caption_says_that_the_first_micro_batch_is_pending(view: LiveView) -> None:
    assert view.table(STARTED).caption == "Waiting for the first micro-batch."
    view.add(batch(0, 60, second=2))
    assert "lag: age of the oldest record" in str(view.table(after(3)).caption)
