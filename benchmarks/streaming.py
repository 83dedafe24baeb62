"""Speed and memory of the streaming half on a backlog, compared with the batch half."""

from __future__ import annotations

from itertools import chain
from statistics import median

from benchmarks.cleaning import seconds_from_landing, seconds_from_streams
from benchmarks.environment import MeasuredEnvironment, environment
from benchmarks.figures import Figure, log_step
from benchmarks.memory import live_megabytes, peak_of_children
from benchmarks.records import land, lines_of, put
from ingestion.kinesis import create_streams
from pinterest_pipeline.names import stream_names

__all__ = ["stream"]

_FLAT = 1.2
"""Bound of the growth of memory when the backlog grows to five times as many records."""


def stream(few: int, most: int, shards: int, repeats: int) -> list[Figure]:
    """Measure the cleaning of a backlog of `most` pins in `shards` shards.

    Args:
        few: Pins of a smaller backlog, for the growth of memory. Both halves clean it once before
            the measurement.
        most: Pins of the backlog.
        shards: Shards of each stream.
        repeats: How often streams and landing take turns; the figures are medians.

    Returns:
        Records per second, their ratio to the batch half's, and the growth of memory.
    """
    with environment("spark") as own:
        for pins in (few, most):
            _put_and_land(own, pins, shards)
        seconds_from_landing(own, _user(few), few, "warm")
        seconds_from_streams(own, _user(few), few, "warm")
        memory = _memory(own, few, most)
        pairs = [
            (
                seconds_from_landing(own, _user(most), most, turn),
                seconds_from_streams(own, _user(most), most, turn),
            )
            for turn in map(str, range(repeats))
        ]
    streamed = most / median(streamed for _, streamed in pairs)
    landed = most / median(landed for landed, _ in pairs)
    ratio = median(landed / streamed for landed, streamed in pairs)
    return [
        Figure(f"cleaning {most:,} pins of {shards} shards", streamed, "pins/s"),
        Figure("the same from the landing", landed, "pins/s"),
        Figure("pins/s of the streams ÷ of the landing", ratio, at_least=0.6),
        *memory,
    ]


def _user(pins: int) -> str:
    return f"backlog-{pins}"


def _put_and_land(own: MeasuredEnvironment, pins: int, shards: int) -> None:
    """Put the same pins into a stream and into the landing bucket."""
    log_step(f"put {pins:,} pins into {shards} shards, and land them")
    create_streams(own.kinesis, _user(pins), shards)
    put(own.kinesis, stream_names(_user(pins))[0], lines_of("pin", pins))
    land(own, f"{_user(pins)}.pin", lines_of("pin", pins))


def _memory(own: MeasuredEnvironment, few: int, most: int) -> list[Figure]:
    """Return the memory for `most` pins, and its ratio to that for `few`."""
    workers, live = {}, {}
    for pins in (few, most):
        with peak_of_children(own.spark_process) as peak:
            seconds_from_streams(own, _user(pins), pins, "memory")
        workers[pins] = peak.megabytes
        live[pins] = live_megabytes(own.spark_process)
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
