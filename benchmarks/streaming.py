"""Speed and memory of the streaming pipeline on a backlog, compared with the batch pipeline."""

from __future__ import annotations

from statistics import median

from benchmarks.cleaning import seconds_from_landing, seconds_from_streams
from benchmarks.environment import (
    MeasuredEnvironment,
    live_megabytes,
    measured_environment,
    peak_of_children,
)
from benchmarks.figures import Figure, log_step
from benchmarks.records import land, lines_of, put, recreate_streams
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
        user = environment.settings.user_id
        _put_and_land(environment, few, shards)
        seconds_from_landing(environment, _topic_user(few), few, "warm")
        seconds_from_streams(environment, user, few, "warm")
        memory = [_memory(environment, few)]
        _put_and_land(environment, most, shards)
        memory.append(_memory(environment, most))
        pairs = [
            (
                seconds_from_landing(environment, _topic_user(most), most, turn),
                seconds_from_streams(environment, user, most, turn),
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
        *_growth(memory, few, most),
    ]


def _topic_user(pins: int) -> str:
    return f"backlog-{pins}"


def _put_and_land(environment: MeasuredEnvironment, pins: int, shards: int) -> None:
    """Put the same pins into an empty stream and into the landing bucket."""
    log_step(f"put {pins:,} pins into {shards} shards, and land them")
    recreate_streams(environment, shards)
    stream_of_pins = stream_names(environment.settings.user_id)[0]
    put(environment.kinesis, stream_of_pins, lines_of("pin", pins))
    land(environment, f"{_topic_user(pins)}.pin", lines_of("pin", pins))


def _memory(environment: MeasuredEnvironment, pins: int) -> dict[str, float]:
    """Return the memory of cleaning `pins` pins, in megabytes."""
    with peak_of_children(environment.spark_process) as peak:
        seconds_from_streams(environment, environment.settings.user_id, pins, f"memory_{pins}")
    return {
        "peak memory of Spark's Python processes": peak.megabytes,
        "live heap of the Spark server after it": live_megabytes(environment.spark_process),
    }


def _growth(memory: list[dict[str, float]], few: int, most: int) -> list[Figure]:
    """Return the memory for `most` pins, and its ratio to that for `few`."""
    of_few, of_most = memory
    figures = []
    for name, megabytes in of_most.items():
        grown = megabytes / of_few[name]
        figures += [
            Figure(f"{name}, {most:,} pins", megabytes, "MB"),
            Figure(f"{name}: {most:,} ÷ {few:,} pins", grown, at_most=_FLAT),
        ]
    return figures
