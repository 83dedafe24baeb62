"""The cost of cleaning: against Spark alone, per post, and with many small objects.

The floor is Spark reading the same lines as JSON with an explicit schema and writing them as
Parquet, without any cleaning. The two take turns, so that a busy machine affects both.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping
from itertools import batched, chain
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from pyspark.sql import SparkSession

from benchmarks.cleaned import seconds_from_landing
from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.memory import peak_megabytes
from benchmarks.records import batches_of_lines, land, lines_of_pins
from local.environment import Environment
from pinterest_pipeline.events import EVENTS, event_named
from pinterest_pipeline.micro_batch import write_outcome
from pinterest_pipeline.read import as_records

__all__ = ["cleaning", "growth", "posts", "small_objects"]

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
        tell(f"cleaning: write {rows:,} lines")
        _write_lines(folder / "lines", rows)

        def measure_both() -> tuple[_Cost, _Cost]:
            begun = _cost_so_far(server)
            _write_uncleaned(own.spark, lines, out)
            between = _cost_so_far(server)
            write_outcome(as_records(own.spark.read.text(lines), _PIN), _PIN, out)
            return _difference(begun, between), _difference(between, _cost_so_far(server))

        tell("cleaning: once, so that the JVM has compiled what it needs")
        measure_both()
        pairs = []
        for turn in range(1, repeats + 1):
            tell(f"cleaning: turn {turn} of {repeats}")
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


def _write_uncleaned(spark: SparkSession, lines: str, out: str) -> None:
    spark.read.schema(_PIN.schema).json(lines).write.mode("overwrite").parquet(out)


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
        seconds_from_landing(own.spark, own.settings, "warm", warm)
        seconds = {}
        for size in (few, some, most):
            records = _land_posts(own, f"posts-{size}", size)
            seconds[size] = seconds_from_landing(own.spark, own.settings, f"posts-{size}", records)
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
    tell(f"land {count:,} posts")
    return sum(land(own, f"{user_id}.{event.name}", _lines(count, event.name)) for event in EVENTS)


def _lines(count: int, event: str) -> Iterable[list[bytes]]:
    return (batch[event] for batch in batches_of_lines(count))


def small_objects(objects: int, lines: int, repeats: int) -> list[Figure]:
    """Measure the cleaning of `objects` objects of `lines` pins each, and of one with all.

    Returns:
        The medians of `repeats`, and their ratio.
    """
    with environment("spark") as own:
        tell(f"land {objects:,} objects of {lines} pins, and one of all")
        all_pins = list(chain.from_iterable(lines_of_pins(objects * lines)))
        pins = land(own, "one.pin", [all_pins])
        land(own, "many.pin", map(list, batched(all_pins, lines)))

        def seconds(user_id: str, repeat: str) -> float:
            return seconds_from_landing(own.spark, own.settings, user_id, pins, repeat)

        seconds("one", "warm")
        pairs = [(seconds("one", n), seconds("many", n)) for n in map(str, range(repeats))]
    return [
        Figure(f"{pins:,} pins in one object", median(one for one, _ in pairs), "s"),
        Figure(f"the same in {objects:,} objects", median(many for _, many in pairs), "s"),
        Figure("many objects ÷ one", median(many / one for one, many in pairs)),
    ]
