"""All readers return raw records with the same columns."""

from __future__ import annotations

from pyspark.sql import SparkSession

from pinterest_pipeline.events import event_named
from pinterest_pipeline.read import Reader, landing, with_line_numbers


def test_landing_is_a_stream_of_raw_records_even_if_no_record_landed(
    spark: SparkSession, shared_path: str
) -> None:
    records = landing(spark, f"{shared_path}/none", "u", event_named("pin"), Reader())
    assert records.isStreaming
    assert records.dtypes == [
        ("event", "string"),
        ("payload", "string"),
        ("origin", "string"),
        ("position", "string"),
        ("arrived_at", "timestamp"),
    ]


def test_records_of_objects_that_hold_a_rejected_one_get_path_and_line(
    spark: SparkSession,
) -> None:
    rows = [
        ("viewfs://local/a", "0", 7, None),
        ("viewfs://local/a", "0", 8, "why"),
        ("viewfs://local/a", "1000", 1, "why"),
        ("viewfs://local/a", "200", 2, "why"),
        ("file:/b", "0", 1, None),
        ("dbfs:/c", "0", 9, "why"),
        ("s3a://bucket/d", "0", 10, "why"),
    ]
    outcome = spark.createDataFrame(
        rows, "origin string, position string, line long, reason string"
    )
    numbered = outcome.transform(with_line_numbers).orderBy("line")
    assert [(row.origin, row.position, row.reason) for row in numbered.collect()] == [
        ("/a", "4", "why"),
        ("/a", "3", "why"),
        ("/a", "1", None),
        ("/a", "2", "why"),
        ("/c", "1", "why"),
        ("s3a://bucket/d", "1", "why"),
    ]
