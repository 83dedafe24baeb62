"""The reasons of rejection are counted by event, most records first."""

from __future__ import annotations

from pyspark.sql import SparkSession

from local.demo.reasons import rejected_reasons

SCHEMA = "spark_catalog.reasons"
REJECTED = """VALUES
    ('geo', 'not JSON'),
    ('pin', 'not JSON'),
    ('geo', 'latitude'),
    ('geo', 'not JSON'),
    ('geo', 'longitude') AS t(event, reason)"""


def test_records_are_counted_by_event_and_reason(spark: SparkSession) -> None:
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    spark.sql(f"CREATE OR REPLACE VIEW {SCHEMA}.rejected AS {REJECTED}")

    found = rejected_reasons(spark, SCHEMA)

    assert list(found.columns) == ["event", "reason", "records"]
    assert found.to_numpy().tolist() == [
        ["geo", "not JSON", 2],
        ["geo", "latitude", 1],
        ["geo", "longitude", 1],
        ["pin", "not JSON", 1],
    ]
