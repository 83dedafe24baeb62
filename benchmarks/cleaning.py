"""The cost of cleaning: against Spark alone, per post, and with many small objects.

The floor is Spark reading the same lines as JSON with an explicit schema and writing them as
Parquet, without any cleaning. The two take turns, so that a busy machine affects both.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from itertools import batched, chain
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from benchmarks.environment import environment
from benchmarks.figures import Figure, log_step
from benchmarks.memory import peak_megabytes
from benchmarks.records import batches_of_lines, land, lines_of
from local.environment import Environment
from pinterest_pipeline.events import EVENTS, event_named
from pinterest_pipeline.micro_batch import write_outcome
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.pipeline import clean_landing, clean_stream
from pinterest_pipeline.read import as_records
from pinterest_pipeline.tables import Tables

__all__ = [
    "cleaning",
    "growth",
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
    """Measure the cleaning of `rows` pins, rejected records included, against the floor.

    Returns:
        Ratios of time and CPU (medians of `repeats`), and the server's peak memory.
    """
    with environment("spark") as own:
        folder, server = own.settings.state, own.spark_process
        lines, out = (folder / "lines").as_uri(), (folder / "out").as_uri()
        log_step(f"cleaning: write {rows:,} lines")
        _write_lines(folder / "lines", rows)

        def measure_both() -> tuple[_Cost, _Cost]:
            begun = _cost_so_far(server)
            raw = own.spark.read.schema(_PIN.schema).json(lines)
            raw.write.mode("overwrite").parquet(out)
            between = _cost_so_far(server)
            write_outcome(as_records(own.spark.read.text(lines), _PIN), _PIN, out)
            return _difference(begun, between), _difference(between, _cost_so_far(server))

        log_step("cleaning: once, so that the JVM has compiled what it needs")
        measure_both()
        pairs = []
        for turn in range(1, repeats + 1):
            log_step(f"cleaning: turn {turn} of {repeats}")
            pairs.append(measure_both())
        memory = peak_megabytes(server)
    time_ratio = median(cleaned.seconds / floor.seconds for floor, cleaned in pairs)
    cpu_ratio = median(cleaned.cpu_seconds / floor.cpu_seconds for floor, cleaned in pairs)
    speed = rows / median(cleaned.seconds for _, cleaned in pairs)
    return [
        Figure(f"cleaning {rows:,} pins ÷ floor: time", time_ratio, at_most=1.5),
        Figure(f"cleaning {rows:,} pins ÷ floor: CPU", cpu_ratio, at_most=1.5),
        Figure(f"cleaning, with {os.cpu_count()} cores", speed, "pins/s"),
        Figure("peak memory of the Spark server", memory, "MB", at_most=2048),
    ]


def _write_lines(folder: Path, rows: int) -> None:
    folder.mkdir()
    files = [(folder / f"{number}.json").open("wb") for number in range(_FILES)]
    for number, batch in enumerate(batches_of_lines(rows, truncated=True)):
        files[number % _FILES].write(b"\n".join(batch["pin"]) + b"\n")
    for file in files:
        file.close()


def _cost_so_far(process: psutil.Process) -> _Cost:
    times = process.cpu_times()
    return _Cost(time.monotonic(), times.user + times.system)


def _difference(begun: _Cost, ended: _Cost) -> _Cost:
    return _Cost(ended.seconds - begun.seconds, ended.cpu_seconds - begun.cpu_seconds)


def posts(few: int, some: int, most: int) -> list[Figure]:
    """Measure the cleaning of three numbers of posts, each with three events.

    Returns:
        The time per 1,000 posts, and how the marginal cost of a post grows. The time per post
        alone would hide growth, because every run has a fixed cost.
    """
    with environment("spark") as own:
        warm = _land_posts(own, "warm", some)
        seconds_from_landing(own, "warm", warm)
        seconds = {}
        for size in (few, some, most):
            records = _land_posts(own, f"posts-{size}", size)
            seconds[size] = seconds_from_landing(own, f"posts-{size}", records)
    each = [
        Figure(f"cleaning {size:,} posts, per 1,000", 1000 * seconds[size] / size, "s")
        for size in seconds
    ]
    name = f"marginal cost per post: {most:,} ÷ {some:,} posts"
    return [*each, Figure(name, growth(seconds), at_most=1.2)]


def growth(seconds: Mapping[int, float]) -> float:
    """Return the marginal cost of a post among the most posts ÷ that among the fewest.

    Args:
        seconds: Time by number of posts, three of them. If the middle one took no longer than the
            first, the noise is greater than the cost, and the answer is infinite: no result.
    """
    few, some, most = sorted(seconds)
    early = (seconds[some] - seconds[few]) / (some - few)
    late = (seconds[most] - seconds[some]) / (most - some)
    return late / early if early > 0 else math.inf


def _land_posts(own: Environment, user_id: str, count: int) -> int:
    """Land all events of `count` posts.

    Returns:
        The number of records.
    """
    log_step(f"land {count:,} posts")
    return sum(
        land(own, f"{user_id}.{event.name}", lines_of(event.name, count)) for event in EVENTS
    )


def small_objects(objects: int, lines: int, repeats: int) -> list[Figure]:
    """Measure the cleaning of `objects` objects of `lines` pins each, and of one with all.

    Returns:
        The medians of `repeats`, and their ratio.
    """
    with environment("spark") as own:
        log_step(f"land {objects:,} objects of {lines} pins, and one of all")
        all_pins = list(chain.from_iterable(lines_of("pin", objects * lines)))
        pins = land(own, "one.pin", [all_pins])
        land(own, "many.pin", map(list, batched(all_pins, lines)))

        def seconds(user_id: str, repeat: str) -> float:
            return seconds_from_landing(own, user_id, pins, repeat)

        seconds("one", "warm")
        pairs = [(seconds("one", n), seconds("many", n)) for n in map(str, range(repeats))]
    return [
        Figure(f"{pins:,} pins in one object", median(one for one, _ in pairs), "s"),
        Figure(f"the same in {objects:,} objects", median(many for _, many in pairs), "s"),
        Figure("many objects ÷ one", median(many / one for one, many in pairs)),
    ]


def seconds_from_landing(own: Environment, user_id: str, records: int, repeat: str = "0") -> float:
    """Return the seconds of cleaning what `user_id` landed, into new tables.

    Raises:
        SystemExit: Raised when the clean rows are fewer than `records`.
    """
    tables = _new_tables(own, f"landing_{user_id}_{repeat}", records)
    begun = time.monotonic()
    clean_landing(
        own.spark,
        landing_path=own.settings.landing_path,
        checkpoints_path=own.settings.checkpoints_path,
        user_id=user_id,
        tables=tables,
    )
    seconds = time.monotonic() - begun
    _check(own, tables, records)
    return seconds


def seconds_from_streams(own: Environment, user_id: str, records: int, repeat: str = "0") -> float:
    """Return the seconds of cleaning the streams of `user_id`, into new tables.

    Raises:
        SystemExit: Raised when the clean rows are fewer than `records`.
    """
    tables = _new_tables(own, f"stream_{user_id}_{repeat}", records)
    begun = time.monotonic()
    queries = clean_stream(
        own.spark,
        checkpoints_path=own.settings.checkpoints_path,
        user_id=user_id,
        tables=tables,
    )
    with stopped_at_the_end(queries):
        for query in queries:
            query.awaitTermination()
    seconds = time.monotonic() - begun
    _check(own, tables, records)
    return seconds


def _new_tables(own: Environment, name: str, records: int) -> Tables:
    tables = Tables(own.settings.catalog, f"bench_{name}".replace("-", "_"))
    tables.create(own.spark)
    log_step(f"clean {records:,} records: {tables.schema}")
    return tables


def _check(own: Environment, tables: Tables, records: int) -> None:
    loads = tables.read(own.spark, "loads").collect()
    if (rows := sum(load.rows_merged for load in loads)) != records:
        raise SystemExit(f"expected {records:,} clean rows; got {rows:,}: the cleaning lost some")
