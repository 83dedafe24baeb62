"""What a run of `clean_landing` costs: without new posts, with few, and with many against Spark.

The warehouse's tables exist already, as they do for each run but the first.
"""

from __future__ import annotations

import time
from itertools import islice
from statistics import median

from benchmarks.cleaning import seconds_from_landing
from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from benchmarks.records import land, lines_of
from local.environment import Environment
from pinterest_pipeline.events import EVENTS, event_named
from pinterest_pipeline.names import topic
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables

__all__ = ["appending", "runs"]

_POSTS_PER_OBJECT = 10_000
"""As many as `lines_of` returns at a time."""
_WARM_RUNS = 2
_PIN = event_named("pin")


def runs(repeats: int) -> list[Figure]:
    """Return the time of a run without new posts, and of one with 10,000 new posts.

    The two take turns. Each new post has three events. The figures are medians of `repeats`, after
    two turns that are not measured.
    """
    seconds: dict[str, list[float]] = {"nothing": [], "new": []}
    with measured_environment("spark") as environment:
        turns = _WARM_RUNS + repeats
        lines = {event.name: lines_of(event.name, turns * _POSTS_PER_OBJECT) for event in EVENTS}
        for turn in range(turns):
            for name, some in lines.items():
                own = topic(environment.settings.user_id, name)
                land(environment, own, islice(some, 1), first_offset=turn * _POSTS_PER_OBJECT)
            seconds["new"].append(_run(environment, len(EVENTS) * _POSTS_PER_OBJECT))
            seconds["nothing"].append(_run(environment, 0))
    nothing, new = (median(seconds[kind][_WARM_RUNS:]) for kind in ("nothing", "new"))
    return [
        Figure("clean_landing with nothing new, warm", nothing, "s", at_most=4),
        Figure(f"{_POSTS_PER_OBJECT:,} new posts, warm", new, "s", at_most=8),
    ]


def _run(environment: Environment, records: int) -> float:
    """Return the seconds of one run.

    Raises:
        SystemExit: Raised when the run did not clean `records` records.
    """
    begun = time.monotonic()
    loads = clean_landing(
        environment.spark,
        landing_path=environment.settings.landing_path,
        checkpoints_path=environment.settings.checkpoints_path,
        user_id=environment.settings.user_id,
        tables=Tables(environment.settings.catalog, "bench_runs"),
    ).collect()
    seconds = time.monotonic() - begun
    log_step(f"runs: {records:,} new records: {seconds:.2f} s")
    if (rows := sum(load.rows_merged for load in loads)) != records:
        raise SystemExit(f"expected {records:,} clean rows; got {rows:,}: the cleaning lost some")
    return seconds


def appending(pins: int, repeats: int) -> list[Figure]:
    """Return the time of cleaning `pins` pins ÷ Spark appending them to Delta uncleaned.

    Spark reads the same objects as JSON with an explicit schema. The two take turns; the ratio is
    the median of `repeats`, after one turn that is not measured.
    """
    with measured_environment("spark") as environment:
        log_step(f"appending: land {pins:,} pins")
        land(environment, topic("appending", _PIN.name), lines_of(_PIN.name, pins))
        pairs = [
            (
                _uncleaned(environment, str(turn)),
                seconds_from_landing(environment, "appending", pins, str(turn)),
            )
            for turn in range(1 + repeats)
        ]
    cleaned = median(cleaned for _, cleaned in pairs[1:])
    ratio = median(cleaned / uncleaned for uncleaned, cleaned in pairs[1:])
    name = f"cleaning {pins:,} pins into Delta"
    return [
        Figure(name, cleaned, "s"),
        Figure(f"{name} ÷ appending them uncleaned", ratio, at_most=2.5),
    ]


def _uncleaned(environment: Environment, turn: str) -> float:
    """Return the seconds in which Spark appends the landed pins to a new Delta table."""
    spark, tables = environment.spark, Tables(environment.settings.catalog, "bench_uncleaned")
    tables.create(spark)
    name = tables.name(f"pins_{turn}")
    spark.createDataFrame([], _PIN.schema).write.format("delta").saveAsTable(name)
    objects = f"{environment.settings.landing_path}/topics/{topic('appending', _PIN.name)}"
    begun = time.monotonic()
    raw = spark.read.schema(_PIN.schema).json(f"{objects}/partition=*/")
    raw.write.format("delta").mode("append").saveAsTable(name)
    seconds = time.monotonic() - begun
    log_step(f"appending: uncleaned: {seconds:.2f} s")
    return seconds
