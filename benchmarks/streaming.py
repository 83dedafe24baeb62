"""How fast the streaming half cleans a backlog, beside the batch half, and what memory it takes."""

from __future__ import annotations

from itertools import chain
from statistics import median

import psutil
from pyspark.sql import SparkSession

from benchmarks.backlog import put
from benchmarks.cleaned import seconds_from_landing, seconds_from_streams
from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.landing import land
from benchmarks.lines import batches_of_lines
from benchmarks.memory import live_megabytes, peak_of_children
from ingestion.kinesis.streams import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from pinterest_pipeline.names import stream_names

__all__ = ["stream"]

_FLAT = 1.2
"""What memory may grow by where the backlog grows to five times as many records."""


def stream(few: int, most: int, shards: int, repeats: int) -> list[Figure]:
    """Measure the cleaning of a backlog of `most` pins in `shards` shards.

    Args:
        few: Pins of a smaller backlog, for the growth of memory; both ways begin with it once
            before anything counts.
        most: Pins of the backlog.
        shards: Shards of each stream.
        repeats: How often streams and landing take turns; the medians count.

    Returns:
        Records per second, their ratio to the batch half's, and how much more memory `most` takes.
    """
    with environment("spark") as (settings, supervisor):
        spark = connect(settings, Secrets.of(settings.state))
        server = psutil.Process(supervisor.processes["spark"].pid)
        for pins in (few, most):
            _lay(settings, pins, shards)
        seconds_from_landing(spark, settings, _user(few), few, "warm")
        seconds_from_streams(spark, settings, _user(few), few, "warm")
        memory = _memory(spark, settings, server, few, most)
        pairs = []
        for turn in map(str, range(repeats)):
            landed = seconds_from_landing(spark, settings, _user(most), most, turn)
            pairs.append((landed, seconds_from_streams(spark, settings, _user(most), most, turn)))
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


def _lay(settings: Settings, pins: int, shards: int) -> None:
    """Put the same pins into a stream and into the landing."""
    tell(f"put {pins:,} pins into {shards} shards, and land them")
    kinesis = kinesis_client(settings, Secrets.of(settings.state))
    create_streams(kinesis, _user(pins), shards)
    pin_stream = stream_names(_user(pins))[0]
    put(kinesis, pin_stream, (batch["pin"] for batch in batches_of_lines(pins)))
    land(settings, f"{_user(pins)}.pin", (batch["pin"] for batch in batches_of_lines(pins)))


def _memory(
    spark: SparkSession, settings: Settings, server: psutil.Process, few: int, most: int
) -> list[Figure]:
    """Return what `most` pins take, and how much more that is than what `few` do."""
    workers, live = {}, {}
    for pins in (few, most):
        with peak_of_children(server) as peak:
            seconds_from_streams(spark, settings, _user(pins), pins, "memory")
        workers[pins] = peak.megabytes
        live[pins] = live_megabytes(server)
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
