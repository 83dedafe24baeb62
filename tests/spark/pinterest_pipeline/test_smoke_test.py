"""The hostile lines have their outcome on this Spark, and another outcome is found."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import SparkSession

from pinterest_pipeline.hostile_lines import HOSTILE_LINES
from pinterest_pipeline.smoke_test import Difference, smoke_test


def test_each_hostile_line_has_the_expected_outcome_however_often_it_is_run(
    spark: SparkSession, shared_path: str
) -> None:
    for _ in range(2):
        different = smoke_test(spark, shared_path)
        assert not different, "\n".join(map(str, different))


def test_a_line_with_another_outcome_is_listed(spark: SparkSession, shared_path: str) -> None:
    good, rejected = (
        next(
            line for line in HOSTILE_LINES if line.event == "geo" and (line.reason is None) is good
        )
        for good in (True, False)
    )
    wrong = [
        replace(good, values={"coordinates": [0.0, 0.0]}),
        replace(rejected, reason="another reason"),
    ]
    reason = f"rejected: {rejected.reason}"
    assert smoke_test(spark, shared_path, wrong) == [
        Difference(
            "geo",
            good.line.decode(),
            "good: {'coordinates': [0.0, 0.0]}",
            f"good: {dict(good.values)}",
        ),
        Difference("geo", rejected.line.decode(), "rejected: another reason", reason),
    ]
