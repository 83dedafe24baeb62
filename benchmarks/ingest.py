"""How fast posts get from a client through the API to Kafka and Kinesis, and what the client takes.

The floor of the way to Kafka is wrk with as many connections and the same kind of requests. All
take turns, so that a noisy machine is noisy for all.
"""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from benchmarks.emulator import Run, emulate, source
from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.load import wrk_records_per_second
from ingestion.kinesis.streams import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from pinterest_pipeline.names import stream_names

__all__ = ["ingest"]

_CONNECTIONS = 2
_WRK_SECONDS = 10


class _Turn(NamedTuple):
    """Records per second of one turn."""

    wrk: float
    to_kafka: float
    to_kinesis: float


def ingest(rows: int, repeats: int, most: int) -> list[Figure]:
    """Measure records per second at batch sizes 1 and 500, and the emulator against wrk.

    Args:
        rows: Posts that the emulator sends to Kafka in each repeat at batch size 500, so many that
            its start does not count; a fifth of them to Kinesis, which is slower and keeps them in
            memory; a fiftieth of them at batch size 1.
        repeats: How often each is measured; the median counts.
        most: Posts that the emulator sends to Kafka while its memory is measured.

    Returns:
        The figures.
    """
    with environment("api_gateway") as (settings, _):
        url = source(settings, max(rows, most))
        single = _at_batch_size(settings, url, 1, (rows // 50, rows // 50), repeats)
        batched = _at_batch_size(settings, url, 500, (rows, rows // 5), repeats, wanted=0.7)
        tell(f"memory of the emulator, {most:,} posts")
        memory = _post(settings, url, "kafka", 500, most).peak_megabytes
    name = f"emulator: peak memory for {most:,} posts"
    return [*single, *batched, Figure(name, memory, "MB", at_most=250)]


def _at_batch_size(
    settings: Settings,
    url: str,
    batch_size: int,
    rows: tuple[int, int],
    repeats: int,
    wanted: float | None = None,
) -> list[Figure]:
    """Return the figures of `rows` posts to Kafka, and to Kinesis."""
    turns = []
    for repeat in range(1, repeats + 1):
        tell(f"batch size {batch_size}, wrk and emulator, {repeat} of {repeats}")
        _empty_streams(settings)
        floor = wrk_records_per_second(
            settings, batch_size=batch_size, connections=_CONNECTIONS, seconds=_WRK_SECONDS
        )
        sent = (
            _post(settings, url, to, batch_size, max(1, posts)).records_per_second
            for to, posts in zip(("kafka", "kinesis"), rows, strict=True)
        )
        turns.append(_Turn(floor, *sent))
    name = f"batch size {batch_size}"
    ratio = median(turn.to_kafka / turn.wrk for turn in turns)
    return [
        Figure(f"{name}: wrk", median(turn.wrk for turn in turns), "records/s"),
        Figure(f"{name}: emulator", median(turn.to_kafka for turn in turns), "records/s"),
        Figure(f"{name}: emulator ÷ wrk", ratio, "", wanted),
        Figure(
            f"{name}: emulator to Kinesis", median(turn.to_kinesis for turn in turns), "records/s"
        ),
    ]


def _post(settings: Settings, url: str, to: str, batch_size: int, rows: int) -> Run:
    return emulate(
        settings,
        *("--to", to, "--source", url, "--rows", str(rows)),
        *("--batch-size", str(batch_size), "--connections", str(_CONNECTIONS)),
    )


def _empty_streams(settings: Settings) -> None:
    """Make the streams anew: the local Kinesis gets slower, and larger, the more it holds."""
    kinesis = kinesis_client(settings, Secrets.of(settings.state))
    for name in stream_names(settings.user_id):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name)
    create_streams(kinesis, settings.user_id, settings.shards)
