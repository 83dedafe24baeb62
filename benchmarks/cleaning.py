"""What cleaning costs: time and CPU of the cleaner, divided by those of a floor.

The floor is Spark reading the same lines as JSON with an explicit schema and writing them as
Parquet, without any cleaning. The two take turns, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from pyspark.sql import SparkSession

from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.lines import batches_of_lines
from benchmarks.memory import peak_megabytes
from local.secrets import Secrets
from local.spark.session import connect
from pinterest_pipeline.events import event_named
from pinterest_pipeline.micro_batch import write_outcome
from pinterest_pipeline.read import as_records

__all__ = ["cleaning"]

_PIN = event_named("pin")
_FILES = 8


class _Cost(NamedTuple):
    seconds: float
    cpu_seconds: float


def cleaning(rows: int, repeats: int) -> list[Figure]:
    """Measure the cleaning of `rows` pins, rejected records kept, against the floor.

    Returns:
        Ratios of time and CPU (medians of `repeats`), and the server's peak memory.
    """
    with environment("spark") as (settings, supervisor):
        lines = settings.state / "lines"
        tell(f"cleaning: making {rows:,} lines")
        _write_lines(lines, rows)
        spark = connect(settings, Secrets.of(settings.state))
        server = psutil.Process(supervisor.processes["spark"].pid)

        def cost(work: Callable[[SparkSession, str, str], object]) -> _Cost:
            begun, cpu = time.monotonic(), _cpu_seconds(server)
            work(spark, lines.as_uri(), (settings.state / "out").as_uri())
            return _Cost(time.monotonic() - begun, _cpu_seconds(server) - cpu)

        tell("cleaning: once, so that the JVM has compiled what it needs")
        cost(_floor), cost(_cleaned)
        pairs = []
        for turn in range(1, repeats + 1):
            tell(f"cleaning: turn {turn} of {repeats}")
            pairs.append((cost(_floor), cost(_cleaned)))
        memory = peak_megabytes(server)
    time_ratio = median(own.seconds / floor.seconds for floor, own in pairs)
    cpu_ratio = median(own.cpu_seconds / floor.cpu_seconds for floor, own in pairs)
    speed = rows / median(own.seconds for _, own in pairs)
    return [
        Figure(f"cleaning {rows:,} pins ÷ floor: time", time_ratio, at_most=1.5),
        Figure(f"cleaning {rows:,} pins ÷ floor: CPU", cpu_ratio, at_most=1.5),
        Figure(f"cleaning, with {os.cpu_count()} cores", speed, "pins/s"),
        Figure("peak memory of the Spark server", memory, "MB", at_most=2048),
    ]


def _write_lines(folder: Path, rows: int) -> None:
    folder.mkdir()
    files = [(folder / f"{number}.json").open("wb") for number in range(_FILES)]
    for number, batch in enumerate(batches_of_lines(rows, bad=True)):
        files[number % _FILES].write(b"\n".join(batch["pin"]) + b"\n")
    for file in files:
        file.close()


def _floor(spark: SparkSession, lines: str, out: str) -> None:
    spark.read.schema(_PIN.schema).json(lines).write.mode("overwrite").parquet(out)


def _cleaned(spark: SparkSession, lines: str, out: str) -> None:
    """Write the outcome of each record, as the pipeline does."""
    write_outcome(as_records(spark.read.text(lines), _PIN), _PIN, out)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
