"""The time of a MERGE of one micro-batch, by the size of the table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from statistics import median

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from local.environment import Environment
from pinterest_pipeline.tables import Tables

__all__ = ["merge"]

_FILE_ROWS = 100_000
"""Rows of a file: those of a micro-batch of the default limit."""
_SEED = 20260101
_HALF_UPDATES = "half updates"


def merge(few: int, some: int, most: int, batch: int, repeats: int) -> list[Figure]:
    """Return the time of `Tables.merge_clean` of `batch` pins into tables of three sizes.

    Two kinds take turns: half updates at random places and half new pins; and only new pins. New
    pins have the highest numbers, as new posts have. The figures are medians of `repeats`, after
    one turn that is not measured.
    """
    seconds: dict[str, dict[int, float]] = {}
    with measured_environment("spark") as environment:
        for rows in (few, some, most):
            for kind, median_seconds in _merges(environment, rows, batch, repeats).items():
                seconds.setdefault(kind, {})[rows] = median_seconds
    return [
        figure for kind, by_rows in seconds.items() for figure in _figures(batch, kind, by_rows)
    ]


def _figures(batch: int, kind: str, seconds: dict[int, float]) -> list[Figure]:
    """Return the time by size of the table, and the largest table's ÷ the smallest table's."""
    few, most = min(seconds), max(seconds)
    at_most = 4 if kind == _HALF_UPDATES else None
    name = f"merging {batch:,} pins, {kind}"
    grown = seconds[most] / seconds[few]
    return [
        *(Figure(f"{name}, into {rows:,}", value, "s") for rows, value in seconds.items()),
        Figure(f"{name}: into {most:,} ÷ into {few:,}", grown, at_most=at_most),
    ]


def _merges(environment: Environment, rows: int, batch: int, repeats: int) -> dict[str, float]:
    """Return the median by kind, into a new table of `rows` pins."""
    tables = Tables(environment.settings.catalog, f"bench_merge_{rows}")
    log_step(f"merge: a table of {rows:,} pins")
    _fill(environment.spark, tables, rows)
    staged = f"{environment.settings.checkpoints_path}/{tables.schema}"
    new = count(rows)

    def half_updates(turn: int) -> list[int]:
        updated = random.Random(_SEED + turn).sample(range(rows), batch // 2)  # noqa: S311  # no secret
        return [*updated, *(next(new) for _ in range(batch - batch // 2))]

    def all_new(_: int) -> list[int]:
        return [next(new) for _ in range(batch)]

    kinds: dict[str, Callable[[int], list[int]]] = {
        _HALF_UPDATES: half_updates,
        "all new": all_new,
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(repeats + 1):
        for kind, chosen in kinds.items():
            duration = _merge(environment.spark, tables, staged, chosen(turn), version=turn + 1)
            log_step(f"merge: {kind} into {rows:,}, turn {turn}: {duration:.2f} s")
            seconds[kind].append(duration)
    return {kind: median(durations[1:]) for kind, durations in seconds.items()}


def _fill(spark: SparkSession, tables: Tables, rows: int) -> None:
    """Create the tables, and write pins in consecutive files."""
    tables.create(spark)
    files = max(1, rows // _FILE_ROWS)
    inds = spark.range(0, rows, numPartitions=files)
    _pins(inds, version=0).write.format("delta").mode("append").saveAsTable(tables.name("pin"))


def _merge(
    spark: SparkSession, tables: Tables, staged: str, inds: list[int], version: int
) -> float:
    """Return the seconds of merging these pins, read from files, as a micro-batch reads them.

    Raises:
        SystemExit: Raised when the table does not hold them afterwards.
    """
    chosen = spark.createDataFrame([(ind,) for ind in inds], "id BIGINT")
    path = f"{staged}/{version}-{inds[0]}"
    _pins(chosen, version).write.parquet(path)
    rows = spark.read.parquet(path)
    begun = time.monotonic()
    tables.merge_clean(rows, "pin", (min(inds), max(inds)))
    seconds = time.monotonic() - begun
    merged = tables.read(spark, "pin").where(F.col("title").endswith(f" {version}"))
    if (count_merged := merged.join(rows, "ind", "left_semi").count()) != len(inds):
        raise SystemExit(f"expected {len(inds):,} merged pins; got {count_merged:,}")
    return seconds


def _pins(ids: DataFrame, version: int) -> DataFrame:
    """Return a different pin for each `id`, about as long as those of the source."""
    ind = F.col("id").cast("int")
    return ids.select(
        ind.alias("ind"),
        _digest("id", 256).alias("unique_id"),
        F.concat_ws(" ", F.lit("title of"), "id", F.lit(version)).alias("title"),
        F.concat_ws(" ", _digest("description", 512), _digest("more", 512)).alias("description"),
        (F.col("id") * 7).alias("follower_count"),
        F.concat_ws(" ", F.lit("poster"), "id").alias("poster_name"),
        F.array(*(F.substring(_digest("tags", 256), at, 6) for at in (1, 8, 15))).alias("tag_list"),
        F.lit("image").alias("is_image_or_video"),
        F.concat(F.lit("https://i.pinimg.com/"), _digest("image", 256)).alias("image_src"),
        F.lit("/data/art").alias("save_location"),
        F.lit("art").alias("category"),
    )


def _digest(of: str, bits: int) -> Column:
    return F.sha2(F.concat(F.lit(of), F.col("id").cast("string")), bits)
