"""How the time of a MERGE grows with the table that a micro-batch is merged into."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from statistics import median

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from pinterest_pipeline.tables import Tables

__all__ = ["growth_figures", "merge", "spread"]

_FILE_ROWS = 100_000
"""Rows of a file: what a micro-batch of the default limit leaves behind."""
_SEED = 20260101


def merge(few: int, some: int, most: int, batch: int, repeats: int) -> list[Figure]:
    """Measure `Tables.merge_clean` of `batch` pins into tables of three sizes.

    Two kinds take turns, after one each that does not count: half updates at random places and
    half new pins, and all new. New pins come at the end, as they do when posts are numbered.

    Returns:
        The medians of `repeats`, and how much more the largest table costs than the smallest.
    """
    seconds: dict[str, dict[int, float]] = {}
    with environment("spark") as (settings, _):
        spark = connect(settings, Secrets.of(settings.state))
        for rows in (few, some, most):
            for kind, taken in _merges(spark, settings, rows, batch, repeats).items():
                seconds.setdefault(kind, {})[rows] = taken
    return [
        figure for kind, taken in seconds.items() for figure in growth_figures(batch, kind, taken)
    ]


def growth_figures(batch: int, kind: str, seconds: dict[int, float]) -> list[Figure]:
    """Return the time by size of the table, and the largest one's ÷ the smallest one's."""
    few, most = min(seconds), max(seconds)
    name = f"merging {batch:,} pins, {kind}"
    grown = seconds[most] / seconds[few]
    return [
        *(Figure(f"{name}, into {rows:,}", taken, "s") for rows, taken in seconds.items()),
        Figure(f"{name}: into {most:,} ÷ into {few:,}", grown),
    ]


def spread(rows: int, batch: int, turn: int) -> list[int]:
    """Return `ind` of half a batch of pins among `rows`, at random; others at each turn."""
    return random.Random(_SEED + turn).sample(range(rows), batch // 2)  # noqa: S311  # no secret


def _merges(
    spark: SparkSession, settings: Settings, rows: int, batch: int, repeats: int
) -> dict[str, float]:
    """Return the median by kind, into a new table of `rows` pins."""
    tables = Tables(settings.catalog, f"bench_merge_{rows}")
    tell(f"merge: a table of {rows:,} pins")
    _fill(spark, tables, rows)
    staged = f"{settings.checkpoints_path}/{tables.schema}"
    new = count(rows)

    def half_updates(turn: int) -> list[int]:
        return [*spread(rows, batch, turn), *(next(new) for _ in range(batch - batch // 2))]

    def all_new(_: int) -> list[int]:
        return [next(new) for _ in range(batch)]

    kinds: dict[str, Callable[[int], list[int]]] = {
        "half updates": half_updates,
        "all new": all_new,
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(repeats + 1):
        for kind, chosen in kinds.items():
            taken = _merge(spark, tables, staged, chosen(turn), version=turn + 1)
            tell(f"merge: {kind} into {rows:,}, turn {turn}: {taken:.2f} s")
            seconds[kind].append(taken)
    return {kind: median(taken[1:]) for kind, taken in seconds.items()}


def _fill(spark: SparkSession, tables: Tables, rows: int) -> None:
    """Make the tables, and write pins in files that follow each other."""
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
    if (found := merged.join(rows, "ind", "left_semi").count()) != len(inds):
        raise SystemExit(f"expected {len(inds):,} merged pins; found {found:,}")
    return seconds


def _pins(ids: DataFrame, version: int) -> DataFrame:
    """Return a pin for each `id`, about as long as those of the source; no two are alike."""
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
