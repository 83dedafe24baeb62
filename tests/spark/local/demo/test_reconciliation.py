"""The tables' counts detect every row that a table has lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from local.demo.reconciliation import BATCH, Account, count_tables
from pinterest_pipeline.events import event_named

pytestmark = pytest.mark.local

SCHEMA = "spark_catalog.counting"
ARRIVED = Counter({1: 3, 2: 1, 3: 1, 4: 1, None: 1})
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

type Count = Callable[[dict[str, str]], dict[str, int]]


@pytest.fixture
def count(spark: SparkSession) -> Count:
    """Counts geo in views: those of TABLES, except the changed ones."""
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")

    def of(changed: dict[str, str]) -> dict[str, int]:
        for table, rows in {**TABLES, **changed}.items():
            spark.sql(f"CREATE OR REPLACE VIEW {SCHEMA}.{table} AS {rows}")
        return count_tables(spark, SCHEMA, event_named("geo"), ARRIVED)

    return of


def adds_up(counts: dict[str, int]) -> bool:
    lines = ARRIVED.total()
    posted = {"rows in source": lines, "acknowledged": lines, "refused": 0}
    stored = {"new in Kafka": lines, "in Kafka": lines, "dead letters": 0, "landed": lines}
    return Account(BATCH, "geo", {**posted, **stored, **counts}).adds_up


def test_every_line_is_clean_superseded_or_rejected(count: Count) -> None:
    counts = count({})

    assert counts == {"clean": 3, "superseded": 1, "rejected": 3}
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
def test_lost_and_extra_rows_are_detected(count: Count, table: str, rest: str) -> None:
    changed = " ".join(["SELECT * FROM", TABLES[table], rest])

    assert not adds_up(count({table: changed}))
