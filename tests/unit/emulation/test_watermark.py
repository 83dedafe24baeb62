"""The index after which an interrupted run can go on."""

from __future__ import annotations

from emulation.watermark import LowWatermark


def test_it_begins_where_the_run_begins() -> None:
    assert LowWatermark(after=9, lanes=2).after == 9


def test_it_rises_with_the_acknowledged_batch() -> None:
    watermark = LowWatermark(after=-1, lanes=1)
    watermark.opened(0, 0)
    watermark.acknowledged(0, 499)
    assert watermark.after == 499


def test_a_lane_that_lags_holds_it_back() -> None:
    watermark = LowWatermark(after=-1, lanes=2)
    watermark.opened(0, 0)
    watermark.opened(1, 1)
    watermark.acknowledged(0, 98)
    assert watermark.after == 0
    watermark.acknowledged(1, 99)
    assert watermark.after == 99


def test_a_batch_that_is_being_gathered_holds_it_back() -> None:
    watermark = LowWatermark(after=-1, lanes=1)
    watermark.opened(0, 0)
    watermark.opened(0, 500)
    watermark.acknowledged(0, 499)
    assert watermark.after == 499
    watermark.opened(0, 1000)
    assert watermark.after == 499


def test_batches_settled_out_of_order_across_lanes_keep_the_highest() -> None:
    watermark = LowWatermark(after=-1, lanes=2)
    watermark.opened(0, 0)
    watermark.opened(1, 1)
    watermark.acknowledged(1, 99)
    watermark.acknowledged(0, 98)
    assert watermark.after == 99


def test_it_never_rises_past_a_refused_batch() -> None:
    watermark = LowWatermark(after=-1, lanes=2)
    watermark.opened(0, 0)
    watermark.opened(1, 1)
    watermark.acknowledged(0, 98)
    watermark.refused(1)
    watermark.opened(1, 101)
    watermark.acknowledged(1, 199)
    watermark.refused(1)
    assert watermark.after == 0
