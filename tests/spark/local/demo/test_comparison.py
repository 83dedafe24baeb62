"""What a run did, according to the tables: differences, changes and rejected records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from local.demo.comparison import (
    Changes,
    TableDifference,
    changes_since,
    differing_tables,
    rejected_reasons,
)
from pinterest_pipeline.tables import Tables

pytestmark = pytest.mark.local

ROWS = "spark_catalog.comparison.three_rows"

REASONS_SCHEMA = "spark_catalog.reasons"
REJECTED = """VALUES
    ('geo', 'not JSON'),
    ('pin', 'not JSON'),
    ('geo', 'latitude'),
    ('geo', 'not JSON'),
    ('geo', 'longitude') AS t(event, reason)"""

type Compare = Callable[[str], list[TableDifference]]


@pytest.fixture
def compare(spark: SparkSession) -> Compare:
    """Compares tables as given with ROWS; views, as nothing writes to them."""

    def of(geo: str) -> list[TableDifference]:
        three = "VALUES (1, 'a', array(1D, 2D)), (2, NULL, NULL), (3, 'c', array(3D, NULL))"
        spark.sql("CREATE SCHEMA IF NOT EXISTS spark_catalog.comparison")
        spark.sql(f"CREATE OR REPLACE VIEW {ROWS} AS {three} AS t(ind, name, places)")
        for schema in ("half_a", "half_b"):
            spark.sql(f"CREATE SCHEMA IF NOT EXISTS spark_catalog.{schema}")
            for table in ("pin", "geo", "user"):
                rows = geo if (schema, table) == ("half_b", "geo") else f"TABLE {ROWS}"
                spark.sql(f"CREATE OR REPLACE VIEW spark_catalog.{schema}.{table} AS {rows}")
        return differing_tables(spark, "spark_catalog.half_a", "spark_catalog.half_b")

    return of


def test_equal_tables_do_not_differ_whatever_their_order(compare: Compare) -> None:
    assert compare(f"FROM {ROWS} SELECT * ORDER BY ind DESC") == []


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (f"FROM {ROWS} SELECT * WHERE ind <> 2", TableDifference("geo", 1, 0, [2])),
        (f"TABLE {ROWS} UNION ALL SELECT 9, 'n', NULL", TableDifference("geo", 0, 1, [9])),
        (
            f"FROM {ROWS} SELECT ind, nullif(name, 'a') AS name, places",
            TableDifference("geo", 1, 1, [1]),
        ),
        (
            f"TABLE {ROWS} UNION ALL FROM {ROWS} SELECT * WHERE ind = 2",
            TableDifference("geo", 0, 1, [2]),
        ),
    ],
    ids=["missing row", "extra row", "other value", "duplicate row"],
)
def test_a_difference_is_reported(compare: Compare, rows: str, difference: TableDifference) -> None:
    assert compare(rows) == [difference]


def test_only_changes_of_this_run_count(spark: SparkSession, tables: Tables) -> None:
    schema = f"{tables.catalog}.{tables.schema}"
    started_at = dt.datetime.now(dt.UTC)
    for rows in ([(1, "a"), (2, "b")], [(2, "c"), (3, "d")], [(3, "d")]):
        new = spark.createDataFrame(
            [(ind, name, 20, None) for ind, name in rows], tables.read(spark, "user").schema
        )
        tables.merge_clean(new, "user")

    assert changes_since(spark, schema, started_at) == Changes(inserted=3, replaced=1)
    assert changes_since(spark, schema, dt.datetime.now(dt.UTC)) == Changes(0, 0)


def test_records_are_counted_by_event_and_reason(spark: SparkSession) -> None:
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS {REASONS_SCHEMA}")
    spark.sql(f"CREATE OR REPLACE VIEW {REASONS_SCHEMA}.rejected AS {REJECTED}")

    reasons = rejected_reasons(spark, REASONS_SCHEMA)

    assert list(reasons.columns) == ["event", "reason", "records"]
    assert reasons.to_numpy().tolist() == [
        ["geo", "not JSON", 2],
        ["geo", "latitude", 1],
        ["geo", "longitude", 1],
        ["pin", "not JSON", 1],
    ]
