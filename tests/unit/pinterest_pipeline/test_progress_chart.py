"""The chart of a stream states what it shows."""

from __future__ import annotations

import datetime as dt

import numpy as np

from pinterest_pipeline.chart_style import svg
from pinterest_pipeline.monitoring import MicroBatch
from pinterest_pipeline.progress_chart import progress_chart

_AT = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def _batch(query: str, batch_id: int, lag_seconds: float) -> MicroBatch:
    later = _AT + dt.timedelta(seconds=batch_id)
    return MicroBatch(query, batch_id, 1_000, 2.0, lag_seconds, later)


def test_the_title_states_records_micro_batches_and_lag() -> None:
    batches = [_batch("pin", 0, 2.9), _batch("pin", 1, 1.0), _batch("geo", 0, 2)]
    chart = progress_chart(batches)
    assert chart.get_label() == "3,000 records in 3 micro-batches, lag at most 2.9 s"


def test_the_title_states_the_time_before_the_query_began() -> None:
    chart = progress_chart([_batch("pin", 0, 89.7)])
    assert chart.get_label() == (
        "1,000 records in 1 micro-batch, lag at most 89.7 s, 87.7 s of it before the query began"
    )


def test_a_wait_during_the_query_is_not_a_wait_before_it() -> None:
    chart = progress_chart([_batch("pin", 0, 2.0), _batch("pin", 60, 50.0)])
    assert chart.get_label() == "2,000 records in 2 micro-batches, lag at most 50.0 s"


def test_few_micro_batches_are_bars() -> None:
    chart = progress_chart([_batch("pin", 7, 3.2), _batch("geo", 0, 2)])
    left, right = chart.axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["geo, batch 0", "pin, batch 7"]
    assert [text.get_text() for text in left.texts] == ["500 · 1,000 in 2.0 s"] * 2
    assert [text.get_text() for text in right.texts] == ["2.0", "3.2"]


def test_many_micro_batches_are_lines_over_time() -> None:
    pins = [_batch("pin", number, 3.2) for number in range(9)]
    left, right = progress_chart([*pins, _batch("geo", 0, 2)]).axes
    assert [line.get_label() for line in left.lines] == ["geo", "pin"]
    assert [np.asarray(line.get_ydata()).tolist() for line in left.lines] == [[500.0], [500.0] * 9]
    assert [np.asarray(line.get_ydata()).tolist() for line in right.lines] == [[2.0], [3.2] * 9]
    assert np.asarray(right.lines[1].get_xdata()).tolist() == [2.0 + n for n in range(9)]
    assert right.get_xlabel() == "seconds since the first micro-batch began"


def test_a_long_time_is_in_minutes() -> None:
    pins = [_batch("pin", 600 * number, 3.2) for number in range(9)]
    left, _ = progress_chart(pins).axes
    assert left.get_xlabel() == "minutes since the first micro-batch began"
    assert np.asarray(left.lines[0].get_xdata())[1] == (600 + 2) / 60


def test_without_micro_batches_it_says_so() -> None:
    assert "Nothing new in the streams" in svg(progress_chart([]))
