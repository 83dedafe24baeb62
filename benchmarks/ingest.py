"""Throughput from a client through the API to Kafka and Kinesis, and the emulator's memory.

The floor for Kafka is wrk, a bare load generator, with the emulator's own requests and as many
connections. All take turns, so that a busy machine affects all.
"""

from __future__ import annotations

import os
import re
import subprocess
from statistics import median
from typing import NamedTuple

from benchmarks.emulator import Run, emulate, source
from benchmarks.environment import environment
from benchmarks.figures import Figure, log_step
from emulation.destinations import KafkaDestination
from emulation.payloads import EVENTS, PayloadEncoder
from emulation.synthetic.posts import synthetic_posts
from ingestion.kinesis import create_streams
from local.environment import Environment
from local.kafka.progress import landed_offsets
from pinterest_pipeline.names import stream_names, topics

__all__ = ["ingest"]

_CONNECTIONS = 2
_WRK_SECONDS = 10
_WRK_SCRIPT = """
wrk.headers["Content-Type"] = "application/vnd.kafka.json.v2+json"
wrk.headers["X-Api-Key"] = os.getenv("PINTEREST_API_KEY")
local requests, turn = {}, 0
for _, event in ipairs({"pin", "geo", "user"}) do
  local file = io.open(os.getenv("BODIES") .. "/" .. event .. ".json", "rb")
  local path = os.getenv("TOPICS") .. "." .. event
  requests[#requests + 1] = {path, file:read("*a")}
  file:close()
end
function request()
  turn = turn % #requests + 1
  return wrk.format("POST", requests[turn][1], nil, requests[turn][2])
end
"""


class _Turn(NamedTuple):
    """Records per second of one turn."""

    wrk: float
    to_kafka: float
    to_kinesis: float


def ingest(rows: int, repeats: int, most: int) -> list[Figure]:
    """Measure records per second at batch sizes 1 and 500, and the emulator against wrk.

    Args:
        rows: Posts that the emulator sends to Kafka in each repeat at batch size 500. They are so
            many that its start has no influence. A fifth of them go to Kinesis, which is slower
            and keeps them in memory. At batch size 1 it is a fiftieth.
        repeats: How often each is measured; the figures are medians.
        most: Posts that the emulator sends to Kafka while its memory is measured.

    Returns:
        The figures.
    """
    with environment("api_gateway") as own:
        url = source(own, max(rows, most))
        single = _at_batch_size(own, url, 1, (rows // 50, rows // 50), repeats)
        batched = _at_batch_size(own, url, 500, (rows, rows // 5), repeats, wanted=0.7)
        log_step(f"memory of the emulator, {most:,} posts")
        memory = _post(own, url, "kafka", 500, most).peak_megabytes
    name = f"emulator: peak memory for {most:,} posts"
    return [*single, *batched, Figure(name, memory, "MB", at_most=250)]


def _at_batch_size(
    own: Environment,
    url: str,
    batch_size: int,
    rows: tuple[int, int],
    repeats: int,
    wanted: float | None = None,
) -> list[Figure]:
    """Return the figures of `rows` posts to Kafka, and to Kinesis."""
    turns = []
    for repeat in range(1, repeats + 1):
        log_step(f"batch size {batch_size}, wrk and emulator, {repeat} of {repeats}")
        _recreate_streams(own)
        floor = _wrk_records_per_second(own, batch_size)
        sent = (
            _post(own, url, to, batch_size, max(1, posts)).records_per_second
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


def _post(own: Environment, url: str, to: str, batch_size: int, rows: int) -> Run:
    return emulate(
        own,
        *("--to", to, "--source", url, "--rows", str(rows)),
        *("--batch-size", str(batch_size), "--connections", str(_CONNECTIONS)),
    )


def _recreate_streams(own: Environment) -> None:
    """Replace the streams by empty ones: the local Kinesis gets slower the more it holds."""
    user_id = own.settings.user_id
    for name in stream_names(user_id):
        own.kinesis.delete_stream(StreamName=name)
        own.kinesis.get_waiter("stream_not_exists").wait(StreamName=name)
    create_streams(own.kinesis, user_id, own.settings.shards)


def _wrk_records_per_second(own: Environment, batch_size: int) -> float:
    """Return the rate at which records reached the topics, by the broker's own count.

    Raises:
        SystemExit: Raised when the API rejected a request, or wrk failed.
    """
    folder = own.settings.state
    (folder / "wrk.lua").write_text(_WRK_SCRIPT)
    _write_bodies(own, batch_size)
    before = _records_in_kafka(own)
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(_CONNECTIONS)),
            *("--duration", f"{_WRK_SECONDS}s", "--timeout", "30s"),
            *("--script", str(folder / "wrk.lua"), own.settings.api_url),
        ],
        env={
            **os.environ,
            "PINTEREST_API_KEY": own.secrets.api_key,
            "BODIES": str(folder),
            "TOPICS": f"/prod/topics/{own.settings.user_id}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    duration = re.search(r"requests in ([\d.]+)s", done.stdout)
    if duration is None or "Non-2xx" in done.stdout:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    return (_records_in_kafka(own) - before) / float(duration[1])


def _write_bodies(own: Environment, batch_size: int) -> None:
    kafka = KafkaDestination(own.settings.user_id)
    posts = list(synthetic_posts(batch_size))
    for event, rows in zip(EVENTS, zip(*posts, strict=True), strict=True):
        payloads = PayloadEncoder(event).payloads(rows)
        body = kafka.body([kafka.record(index, p) for index, p in enumerate(payloads)])
        (own.settings.state / f"{event.name}.json").write_bytes(body)


def _records_in_kafka(own: Environment) -> int:
    progress = landed_offsets(
        own.kafka_admin, own.settings.user_id, topics(own.settings.user_id)
    ).values()
    return sum(partition.end for topic in progress for partition in topic.partitions)
