"""What the demo reads of the tables, without Spark: equality, and the reasons of rejection."""

from __future__ import annotations

import pandas as pd

from local.demo.comparison import Comparison, TableDifference, rejected_reasons


def test_pipelines_are_equal_without_a_difference() -> None:
    assert Comparison([]).equal
    assert not Comparison([TableDifference("pin", 1, 0, [1])]).equal


def test_records_are_counted_by_event_and_reason() -> None:
    rejected = pd.DataFrame(
        [
            ("geo", "a", "not JSON"),
            ("pin", "b", "not JSON"),
            ("geo", "c", "latitude"),
            ("geo", "d", "not JSON"),
            ("geo", "e", "longitude"),
        ],
        columns=["event", "payload", "reason"],
    )

    reasons = rejected_reasons(rejected)

    assert list(reasons.columns) == ["event", "reason", "records"]
    assert reasons.to_numpy().tolist() == [
        ["geo", "not JSON", 2],
        ["geo", "latitude", 1],
        ["geo", "longitude", 1],
        ["pin", "not JSON", 1],
    ]
    assert rejected_reasons(rejected[:0]).empty
