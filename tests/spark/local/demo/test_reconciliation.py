"""What the tables say, and that no table can hide what it has lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from local.demo.counting import TableCounts, count_tables
from local.demo.reconciliation import Account
from pinterest_pipeline.events import event_named

SCHEMA = "spark_catalog.counting"
LANDED = Counter({1: 3, 2: 1, 3: 1, 4: 1, None: 1})
"""Post 1 has two good versions and a bad one, post 4 a bad one only."""
TABLES = {
    "geo": "VALUES 1, 2, 3 AS t(ind)",
    "rejected": """VALUES
        ('geo', '{"ind":1,"latitude":200}'),
        ('geo', '{"ind":4,"latitude":200}'),
        ('geo', 'hello'),
        ('pin', '{"index":9}') AS t(event, payload)""",
    "loads": """VALUES
        ('geo', 0, 2, 1),
        ('geo', 1, 1, 0),
        ('pin', 0, 5, 5) AS t(event, batch_id, rows_merged, records_superseded)""",
}

type Count = Callable[[dict[str, str]], TableCounts]


@pytest.fixture
def count(spark: SparkSession) -> Count:
    """Counts geo in tables that are as given, or as in TABLES; views, as nothing writes to them."""
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")

    def of(changed: dict[str, str]) -> TableCounts:
        for table, rows in {**TABLES, **changed}.items():
            spark.sql(f"CREATE OR REPLACE VIEW {SCHEMA}.{table} AS {rows}")
        return count_tables(spark, SCHEMA, event_named("geo"), LANDED)

    return of


def adds_up(counts: TableCounts) -> bool:
    lines = LANDED.total()
    account = Account(
        event="geo",
        rows_in_source=lines,
        acknowledged=lines,
        refused=0,
        new_in_kafka=lines,
        in_kafka=lines,
        dead_letters=0,
        landed=lines,
        clean=counts.clean,
        superseded=counts.superseded,
        rejected=counts.rejected,
    )
    return account.adds_up


def test_every_line_is_clean_superseded_or_rejected(count: Count) -> None:
    counts = count({})

    assert counts == TableCounts(clean=3, superseded=1, rejected=3)
    assert adds_up(counts)


@pytest.mark.parametrize(
    ("table", "rest"),
    [
        ("geo", "WHERE false"),
        ("geo", "WHERE ind <> 2"),
        ("geo", "UNION ALL VALUES 3"),
        ("rejected", "WHERE event <> 'geo'"),
        ("rejected", "WHERE payload NOT LIKE '%:1,%'"),
        ("loads", "WHERE event <> 'geo'"),
        ("loads", "WHERE batch_id <> 1"),
    ],
)
def test_rows_that_are_lost_or_too_many_are_seen(count: Count, table: str, rest: str) -> None:
    changed = " ".join(["SELECT * FROM", TABLES[table], rest])

    assert not adds_up(count({table: changed}))
