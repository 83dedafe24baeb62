"""What a run did, according to the tables: contents, differences and changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from local.demo.comparison import (
    Changes,
    TableDifference,
    changes_since,
    read_contents,
)
from pinterest_pipeline.tables import Tables

pytestmark = pytest.mark.local

ROWS = "spark_catalog.comparison.three_rows"

REJECTED = "VALUES ('geo', 'hello', 'not JSON') AS t(event, payload, reason)"
LOADS = "VALUES ('geo', 2, 1), ('geo', 0, 4) AS t(event, rows_merged, records_superseded)"

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
            tables = dict.fromkeys(("pin", "geo", "user"), f"TABLE {ROWS}")
            tables |= {"rejected": REJECTED, "loads": LOADS}
            tables |= {"geo": geo} if schema == "half_b" else {}
            for table, rows in tables.items():
                spark.sql(f"CREATE OR REPLACE VIEW spark_catalog.{schema}.{table} AS {rows}")
        batch, stream, comparison = read_contents(
            spark, "spark_catalog.half_a", "spark_catalog.half_b"
        )
        assert batch.clean == {"pin": 3, "geo": 3, "user": 3}
        assert stream.clean == {**batch.clean, "geo": spark.sql(geo).count()}
        assert batch.merged == stream.merged == {"geo": 7}
        assert stream.rejected.to_numpy().tolist() == [["geo", "hello", "not JSON"]]
        return list(comparison.tables)

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
        (f"FROM {ROWS} SELECT * WHERE false", TableDifference("geo", 3, 0, [1, 2, 3])),
    ],
    ids=["missing row", "extra row", "other value", "duplicate row", "no rows"],
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
    appended = spark.createDataFrame([(4, "e", 20, None)], tables.read(spark, "user").schema)
    appended.write.format("delta").mode("append").saveAsTable(tables.name("user"))

    assert changes_since(spark, schema, started_at) == Changes(inserted=4, written_again=1)
    assert changes_since(spark, schema, dt.datetime.now(dt.UTC)) == Changes(0, 0)
