"""Speed and memory of the streaming pipeline on a backlog, compared with the batch pipeline."""

from __future__ import annotations

from itertools import chain
from statistics import median

from benchmarks.cleaning import seconds_from_landing, seconds_from_streams
from benchmarks.environment import (
    MeasuredEnvironment,
    live_megabytes,
    measured_environment,
    peak_of_children,
)
from benchmarks.figures import Figure, log_step
from benchmarks.records import land, lines_of, put
from ingestion.kinesis import create_streams
from pinterest_pipeline.names import stream_names

__all__ = ["stream"]

_FLAT = 1.2
"""Bound of the growth of memory when the backlog grows to five times as many records."""


def stream(few: int, most: int, shards: int, repeats: int) -> list[Figure]:
    """Return the speed of cleaning a backlog of `most` pins, and how the memory grows.

    Args:
        few: Pins of a smaller backlog, for the growth of memory. Both pipelines clean it once
            before the measurement.
        most: Pins of the backlog.
        shards: Shards of each stream.
        repeats: How often streams and landing take turns; the figures are medians.
    """
    with measured_environment("spark") as environment:
        for pins in (few, most):
            _put_and_land(environment, pins, shards)
        seconds_from_landing(environment, _user(few), few, "warm")
        seconds_from_streams(environment, _user(few), few, "warm")
        memory = _memory(environment, few, most)
        pairs = [
            (
                seconds_from_landing(environment, _user(most), most, turn),
                seconds_from_streams(environment, _user(most), most, turn),
            )
            for turn in map(str, range(repeats))
        ]
    streamed = most / median(streamed for _, streamed in pairs)
    landed = most / median(landed for landed, _ in pairs)
    ratio = median(landed / streamed for landed, streamed in pairs)
    return [
        Figure(f"cleaning {most:,} pins of {shards} shards", streamed, "pins/s"),
        Figure("the same from the landing", landed, "pins/s"),
        Figure("pins/s of the streams ÷ of the landing", ratio, at_least=0.7),
        *memory,
    ]


def _user(pins: int) -> str:
    return f"backlog-{pins}"


def _put_and_land(environment: MeasuredEnvironment, pins: int, shards: int) -> None:
    """Put the same pins into a stream and into the landing bucket."""
    log_step(f"put {pins:,} pins into {shards} shards, and land them")
    create_streams(environment.kinesis, _user(pins), shards)
    put(environment.kinesis, stream_names(_user(pins))[0], lines_of("pin", pins))
    land(environment, f"{_user(pins)}.pin", lines_of("pin", pins))


def _memory(environment: MeasuredEnvironment, few: int, most: int) -> list[Figure]:
    """Return the memory for `most` pins, and its ratio to that for `few`."""
    workers, live = {}, {}
    for pins in (few, most):
        with peak_of_children(environment.spark_process) as peak:
            seconds_from_streams(environment, _user(pins), pins, "memory")
        workers[pins] = peak.megabytes
        live[pins] = live_megabytes(environment.spark_process)
    measured = (
        ("peak memory of Spark's Python processes", workers),
        ("live heap of the Spark server after it", live),
    )
    return list(chain.from_iterable(_growth(name, few, most, of) for name, of in measured))


def _growth(name: str, few: int, most: int, megabytes: dict[int, float]) -> list[Figure]:
    grown = megabytes[most] / megabytes[few]
    return [
        Figure(f"{name}, {most:,} pins", megabytes[most], "MB"),
        Figure(f"{name}: {most:,} ÷ {few:,} pins", grown, at_most=_FLAT),
    ]
