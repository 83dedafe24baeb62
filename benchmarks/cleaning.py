"""The cost of cleaning: against Spark alone, per post, and with many small objects.

The floor is Spark reading the same lines as JSON with an explicit schema and writing them as
Parquet, without any cleaning. Published notebooks of this pipeline let Spark infer the schema, and
clean with `regexp_replace`. All take turns, so that a busy machine affects all.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import batched, chain
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks.environment import measured_environment, peak_megabytes
from benchmarks.figures import Figure, log_step
from benchmarks.records import batches_of_lines, land, lines_of
from local.environment import Environment
from local.plain_paths import plain_path
from pinterest_pipeline.clean.columns import PLACEHOLDERS
from pinterest_pipeline.events import EVENTS, event_named
from pinterest_pipeline.micro_batch import write_outcome
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.pipeline import clean_landing, clean_stream
from pinterest_pipeline.read import as_records
from pinterest_pipeline.tables import Tables

__all__ = [
    "cleaning",
    "posts",
    "seconds_from_landing",
    "seconds_from_streams",
    "small_objects",
]

_PIN = event_named("pin")
_FILES = 8


class _Cost(NamedTuple):
    seconds: float
    cpu_seconds: float


def cleaning(rows: int, repeats: int) -> list[Figure]:
    """Return what cleaning `rows` pins costs, rejected records included, against two others.

    These are the floor, and the way of published notebooks. The ratios of time and CPU are medians
    of `repeats`.
    """
    with measured_environment("spark") as environment:
        folder, spark = plain_path(environment.settings.state), environment.spark
        server = environment.spark_process
        lines, out = (folder / "lines").as_uri(), (folder / "out").as_uri()
        log_step(f"cleaning: write {rows:,} lines")
        _write_lines(folder / "lines", rows)
        variants: list[Callable[[], object]] = [
            lambda: _write(spark.read.schema(_PIN.schema).json(lines), out),
            lambda: _write(_cleaned_as_published(spark.read.json(lines)), out),
            lambda: write_outcome(as_records(spark.read.text(lines), _PIN), _PIN, out),
        ]

        log_step("cleaning: once, so that the JVM has compiled what it needs")
        turns = [[_cost_of(variant, server) for variant in variants]]
        for turn in range(1, repeats + 1):
            log_step(f"cleaning: turn {turn} of {repeats}")
            turns.append([_cost_of(variant, server) for variant in variants])
        memory = peak_megabytes(server)
    floor, published, cleaned = zip(*turns[1:], strict=True)
    name = f"cleaning {rows:,} pins ÷"
    speed = rows / median(turn.seconds for turn in cleaned)
    return [
        *_ratios(f"{name} floor", cleaned, floor, 1.5),
        *_ratios(f"{name} published notebook", cleaned, published, 1.0),
        Figure(f"cleaning, with {os.cpu_count()} cores", speed, "pins/s"),
        Figure("peak memory of the Spark server", memory, "MB", at_most=2048),
    ]


def _write(rows: DataFrame, path: str) -> None:
    rows.write.mode("overwrite").parquet(path)


def _cleaned_as_published(pins: DataFrame) -> DataFrame:
    """Return `pins`, whose schema Spark inferred, cleaned as published notebooks do it.

    They trim nothing, and do not check whether a record can be accepted.
    """
    thousands = F.regexp_replace("follower_count", "k$", "000")
    count = F.regexp_replace(thousands, "M$", "000000").try_cast("int")
    known = {
        name: F.when(~F.col(name).isin(*placeholders), F.col(name))
        for name, placeholders in PLACEHOLDERS.items()
    }
    path = F.regexp_replace("save_location", "^Local save in ", "")
    cleaned = pins.withColumns(known | {"follower_count": count, "save_location": path})
    renamed = cleaned.withColumnRenamed("index", "ind")
    return renamed.select("ind", *_PIN.schema.names[1:])


def _cost_of(work: Callable[[], object], process: psutil.Process) -> _Cost:
    begun, times = time.monotonic(), process.cpu_times()
    work()
    ended, seconds = process.cpu_times(), time.monotonic() - begun
    return _Cost(seconds, ended.user + ended.system - times.user - times.system)


def _ratios(
    name: str, ones: Sequence[_Cost], others: Sequence[_Cost], limit: float
) -> list[Figure]:
    pairs = list(zip(ones, others, strict=True))
    seconds = median(one.seconds / other.seconds for one, other in pairs)
    cpu = median(one.cpu_seconds / other.cpu_seconds for one, other in pairs)
    return [
        Figure(f"{name}: time", seconds, at_most=limit),
        Figure(f"{name}: CPU", cpu, at_most=limit),
    ]


def _write_lines(folder: Path, rows: int) -> None:
    folder.mkdir()
    files = [(folder / f"{number}.json").open("wb") for number in range(_FILES)]
    for number, batch in enumerate(batches_of_lines(rows, truncated=True)):
        files[number % _FILES].write(b"\n".join(batch["pin"]) + b"\n")
    for file in files:
        file.close()


def posts(few: int, some: int, most: int) -> list[Figure]:
    """Return the time per 1,000 posts of three events each, and how a post's marginal cost grows.

    The time per post alone would hide growth, because every run has a fixed cost.
    """
    with measured_environment("spark") as environment:
        warm = _land_posts(environment, "warm", some)
        seconds_from_landing(environment, "warm", warm)
        seconds = {}
        for size in (few, some, most):
            records = _land_posts(environment, f"posts-{size}", size)
            seconds[size] = seconds_from_landing(environment, f"posts-{size}", records)
    each = [
        Figure(f"cleaning {size:,} posts, per 1,000", 1000 * seconds[size] / size, "s")
        for size in seconds
    ]
    name = f"marginal cost per post: {most:,} ÷ {some:,} posts"
    return [*each, Figure(name, _growth(seconds), at_most=1.2)]


def _growth(seconds: Mapping[int, float]) -> float:
    """Return the marginal cost of a post among the most posts ÷ that among the fewest.

    `seconds` are by number of posts, three of them. If the middle one took no longer than the
    first, the noise is greater than the cost, and the answer is infinite: no result.
    """
    few, some, most = sorted(seconds)
    early = (seconds[some] - seconds[few]) / (some - few)
    late = (seconds[most] - seconds[some]) / (most - some)
    return late / early if early > 0 else math.inf


def _land_posts(environment: Environment, user_id: str, count: int) -> int:
    """Return the number of records, after all events of `count` posts are landed."""
    log_step(f"land {count:,} posts")
    return sum(
        land(environment, f"{user_id}.{event.name}", lines_of(event.name, count))
        for event in EVENTS
    )


def small_objects(objects: int, lines: int, repeats: int) -> list[Figure]:
    """Return the time of cleaning `objects` objects of `lines` pins each, and of one with all.

    The figures are medians of `repeats`.
    """
    with measured_environment("spark") as environment:
        log_step(f"land {objects:,} objects of {lines} pins, and one of all")
        all_pins = list(chain.from_iterable(lines_of("pin", objects * lines)))
        pins = land(environment, "one.pin", [all_pins])
        land(environment, "many.pin", map(list, batched(all_pins, lines)))

        def seconds(user_id: str, repeat: str) -> float:
            return seconds_from_landing(environment, user_id, pins, repeat)

        seconds("one", "warm")
        pairs = [(seconds("one", n), seconds("many", n)) for n in map(str, range(repeats))]
    return [
        Figure(f"{pins:,} pins in one object", median(one for one, _ in pairs), "s"),
        Figure(f"the same in {objects:,} objects", median(many for _, many in pairs), "s"),
        Figure("many objects ÷ one", median(many / one for one, many in pairs)),
    ]


def seconds_from_landing(
    environment: Environment, user_id: str, records: int, repeat: str = "0"
) -> float:
    """Return the seconds of cleaning what `user_id` landed, into new tables."""

    def clean(tables: Tables) -> None:
        clean_landing(
            environment.spark,
            landing_path=environment.settings.landing_path,
            checkpoints_path=environment.settings.checkpoints_path,
            user_id=user_id,
            tables=tables,
        )

    return _seconds(environment, clean, f"landing_{user_id}_{repeat}", records)


def seconds_from_streams(
    environment: Environment, user_id: str, records: int, repeat: str = "0"
) -> float:
    """Return the seconds of cleaning the streams of `user_id`, into new tables."""

    def clean(tables: Tables) -> None:
        queries = clean_stream(
            environment.spark,
            checkpoints_path=environment.settings.checkpoints_path,
            user_id=user_id,
            tables=tables,
        )
        with stopped_at_the_end(queries):
            for query in queries:
                query.awaitTermination()

    return _seconds(environment, clean, f"stream_{user_id}_{repeat}", records)


def _seconds(
    environment: Environment, clean: Callable[[Tables], None], name: str, records: int
) -> float:
    """Return the seconds of `clean` into new tables.

    Raises:
        SystemExit: Raised when the clean rows are not as many as `records`.
    """
    tables = Tables(environment.settings.catalog, f"bench_{name}".replace("-", "_"))
    tables.create(environment.spark)
    log_step(f"clean {records:,} records: {tables.schema}")
    begun = time.monotonic()
    clean(tables)
    seconds = time.monotonic() - begun
    loads = tables.read(environment.spark, "loads").collect()
    if (rows := sum(load.rows_merged for load in loads)) != records:
        raise SystemExit(f"expected {records:,} clean rows; got {rows:,}: the cleaning lost some")
    return seconds
