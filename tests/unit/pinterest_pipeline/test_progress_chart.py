"""The chart of a stream states what it shows."""

from __future__ import annotations

import datetime as dt

import numpy as np

from pinterest_pipeline.drawing import svg
from pinterest_pipeline.progress import MicroBatch
from pinterest_pipeline.progress_chart import progress_chart

_AT = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def _batch(query: str, batch_id: int, lag_seconds: float) -> MicroBatch:
    later = _AT + dt.timedelta(seconds=batch_id)
    return MicroBatch(query, batch_id, 1_000, 2.0, lag_seconds, later)


def test_the_title_says_how_many_and_how_far_behind() -> None:
    batches = [_batch("clean pin", 0, 3.2), _batch("clean pin", 1, 1.0), _batch("clean geo", 0, 2)]
    drawn = progress_chart(batches)
    assert drawn.get_label() == "3,000 records in 3 micro-batches, at most 3.2 s behind"


def test_each_query_has_its_line_in_both_parts() -> None:
    drawn = progress_chart([_batch("clean pin", 0, 3.2), _batch("clean geo", 0, 2)])
    left, right = drawn.axes
    assert [line.get_label() for line in left.lines] == ["geo", "pin"]
    assert [np.asarray(line.get_ydata()).tolist() for line in left.lines] == [[500.0], [500.0]]
    assert [np.asarray(line.get_ydata()).tolist() for line in right.lines] == [[2.0], [3.2]]


def test_without_micro_batches_it_says_so() -> None:
    assert "Nothing new in the streams" in svg(progress_chart([]))
