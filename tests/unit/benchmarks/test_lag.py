"""A record's lag: which micro-batch wrote it, and what the percentiles say."""

from __future__ import annotations

import pytest

from benchmarks.lag import Arrival, Lag, MicroBatch, lags, percentile


def test_a_record_is_in_the_first_micro_batch_that_ends_at_it_or_after_it() -> None:
    arrivals = {"pin/0": [Arrival(10, 1.0), Arrival(20, 1.5), Arrival(21, 2.0)]}
    batches = [MicroBatch({"pin/0": 20}, 3.0), MicroBatch({"pin/0": 30}, 4.5)]

    assert list(lags(arrivals, batches)) == [Lag(1.0, 2.0), Lag(1.5, 1.5), Lag(2.0, 2.5)]


def test_shards_and_streams_are_apart_and_micro_batches_come_in_any_order() -> None:
    arrivals = {"pin/0": [Arrival(5, 1.0)], "pin/1": [Arrival(5, 1.0)], "geo/0": [Arrival(5, 1.0)]}
    batches = [
        MicroBatch({"geo/0": 5}, 9.0),
        MicroBatch({"pin/0": 5, "pin/1": 5}, 4.0),
        MicroBatch({"pin/0": 5, "pin/1": 4}, 3.0),
        MicroBatch({"pin/0": 4}, 2.0),
    ]

    assert list(lags(arrivals, batches)) == [Lag(1.0, 2.0), Lag(1.0, 3.0), Lag(1.0, 8.0)]


def test_sequence_numbers_are_numbers_not_text() -> None:
    arrivals = {"pin/0": [Arrival(9, 1.0)]}
    batches = [MicroBatch({"pin/0": 8}, 2.0), MicroBatch({"pin/0": 10}, 3.0)]

    assert list(lags(arrivals, batches)) == [Lag(1.0, 2.0)]


@pytest.mark.parametrize("batches", [[], [MicroBatch({"pin/0": 4, "pin/1": 9}, 2.0)]])
def test_a_record_that_was_not_written_is_told(batches: list[MicroBatch]) -> None:
    with pytest.raises(SystemExit, match=r"all of pin/0 to be written; .*sequence_number=5"):
        list(lags({"pin/0": [Arrival(5, 1.0)]}, batches))


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (range(101), 50, 50),
        (range(101), 99, 99),
        ([1.0, 3.0], 50, 2.0),
        ([5.0, 1.0, 3.0], 50, 3.0),
        ([1.0] * 990 + [9.0] * 10, 50, 1.0),
        ([1.0] * 980 + [9.0] * 20, 99, 9.0),
    ],
)
def test_percentile(values: list[float], percent: int, expected: float) -> None:
    assert percentile(values, percent) == pytest.approx(expected)
