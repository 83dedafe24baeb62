"""Reads what the tables hold, as any user does, for the checker of a chaos run."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.names import EVENT_NAMES
from pinterest_pipeline.tables import Tables
from tests.chaos.ledger import Found, Verdict, check
from tests.chaos.load import VERSION_COLUMNS, Load

__all__ = ["has_loads", "verdict"]


def has_loads(spark: SparkSession, tables: Tables) -> bool:
    """Return whether a micro-batch has been written."""
    exists = spark.catalog.tableExists(tables.name("loads"))
    return exists and not tables.read(spark, "loads").isEmpty()


def verdict(spark: SparkSession, load: Load, tables: Tables) -> Verdict:
    """Return how the tables differ from what the API acknowledged to `load`."""
    checks = (check(load.ledgers[one], _found(spark, tables, one)) for one in EVENT_NAMES)
    return sum(checks, Verdict())


def _found(spark: SparkSession, tables: Tables, event: str) -> Found:
    """Return the rows of one event."""
    version = F.regexp_extract(VERSION_COLUMNS[event], r"(\d+)$", 1).cast("int")
    clean = spark.table(f"{tables.catalog}.{tables.schema}.{event}").select("ind", version)
    rejected = spark.table(f"{tables.catalog}.{tables.schema}.rejected").where(
        F.col("event") == event
    )
    return Found(
        [(row[0], row[1]) for row in clean.collect()],
        _rejected(rejected.select("origin", "position", "payload").collect()),
    )


def _rejected(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [
        (origin, position, str(next(iter(json.loads(payload).values()))))
        for origin, position, payload in rows
    ]
