"""How long each half of the pipeline takes to clean what is there into new tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from pyspark.sql import Row, SparkSession

from benchmarks.figures import tell
from local.settings import Settings
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.pipeline import clean_landing, clean_stream
from pinterest_pipeline.tables import Tables

__all__ = ["seconds_from_landing", "seconds_from_streams"]


def seconds_from_landing(
    spark: SparkSession, settings: Settings, user_id: str, records: int, repeat: str = "0"
) -> float:
    """Return how many seconds it took to clean what `user_id` has landed into own tables.

    Raises:
        SystemExit: Raised when not all `records` became clean rows: it is no measurement then.
    """

    def clean(tables: Tables) -> Iterable[Row]:
        return clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path,
            user_id=user_id,
            tables=tables,
        ).collect()

    return _seconds(spark, settings, f"landing_{user_id}_{repeat}", records, clean)


def seconds_from_streams(
    spark: SparkSession, settings: Settings, user_id: str, records: int, repeat: str = "0"
) -> float:
    """Return how many seconds it took to clean what is in the streams of `user_id`, likewise.

    Raises:
        SystemExit: Raised when not all `records` became clean rows: it is no measurement then.
    """

    def clean(tables: Tables) -> Iterable[Row]:
        queries = clean_stream(
            spark, checkpoints_path=settings.checkpoints_path, user_id=user_id, tables=tables
        )
        with stopped_at_the_end(queries):
            for query in queries:
                query.awaitTermination()
        return tables.read(spark, "loads").collect()

    return _seconds(spark, settings, f"stream_{user_id}_{repeat}", records, clean)


def _seconds(
    spark: SparkSession,
    settings: Settings,
    name: str,
    records: int,
    clean: Callable[[Tables], Iterable[Row]],
) -> float:
    """Return the time of `clean`, which gives the loads of the new tables that it wrote.

    Raises:
        SystemExit: Raised when these are not as many rows as `records`.
    """
    tables = Tables(settings.catalog, f"bench_{name}".replace("-", "_"))
    tables.create(spark)
    tell(f"clean {records:,} records: {tables.schema}")
    begun = time.monotonic()
    loads = clean(tables)
    seconds = time.monotonic() - begun
    if (rows := sum(load.rows_merged for load in loads)) != records:
        raise SystemExit(f"expected {records:,} clean rows; got {rows:,}: the cleaning lost some")
    return seconds
