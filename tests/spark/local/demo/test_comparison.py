"""Any difference between the two halves is seen."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from local.demo.comparison import Difference, Halves, differing_answers, differing_rows

ROWS = "spark_catalog.halves.three_rows"

type Compare = Callable[[str], list[Difference]]


@pytest.fixture
def compare(spark: SparkSession) -> Compare:
    """Compares tables as given with ROWS; views, as nothing writes to them."""

    def of(geo: str) -> list[Difference]:
        three = "VALUES (1, 'a', array(1D, 2D)), (2, NULL, NULL), (3, 'c', array(3D, NULL))"
        spark.sql("CREATE SCHEMA IF NOT EXISTS spark_catalog.halves")
        spark.sql(f"CREATE OR REPLACE VIEW {ROWS} AS {three} AS t(ind, name, places)")
        for schema in ("half_a", "half_b"):
            spark.sql(f"CREATE SCHEMA IF NOT EXISTS spark_catalog.{schema}")
            for table in ("pin", "geo", "user"):
                rows = geo if (schema, table) == ("half_b", "geo") else f"TABLE {ROWS}"
                spark.sql(f"CREATE OR REPLACE VIEW spark_catalog.{schema}.{table} AS {rows}")
        return differing_rows(spark, "spark_catalog.half_a", "spark_catalog.half_b")

    return of


def test_equal_tables_do_not_differ_whatever_their_order(compare: Compare) -> None:
    assert compare(f"FROM {ROWS} SELECT * ORDER BY ind DESC") == []


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (f"FROM {ROWS} SELECT * WHERE ind <> 2", Difference("geo", 1, 0, [2])),
        (f"TABLE {ROWS} UNION ALL SELECT 9, 'n', NULL", Difference("geo", 0, 1, [9])),
        (
            f"FROM {ROWS} SELECT ind, nullif(name, 'a') AS name, places",
            Difference("geo", 1, 1, [1]),
        ),
        (
            f"TABLE {ROWS} UNION ALL FROM {ROWS} SELECT * WHERE ind = 2",
            Difference("geo", 0, 1, [2]),
        ),
    ],
    ids=["a row less", "a row more", "another value", "a row twice"],
)
def test_a_difference_is_seen(compare: Compare, rows: str, difference: Difference) -> None:
    assert compare(rows) == [difference]


def test_an_answer_that_differs_is_named() -> None:
    one, other = pd.DataFrame({"count": [1, 2]}), pd.DataFrame({"count": [1, 3]})
    assert differing_answers({"a": one, "b": one}, {"a": one.copy(), "b": other}) == ["b"]


def test_halves_are_equal_without_a_difference() -> None:
    assert Halves([], []).equal
    assert not Halves([Difference("pin", 1, 0, [1])], []).equal
    assert not Halves([], ["top_poster_country"]).equal
