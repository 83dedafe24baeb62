"""Throughput from a client through the API to Kafka and Kinesis, and the emulator's memory.

The floor for Kafka is wrk, a bare load generator, with the emulator's own requests and as many
connections. All take turns, so that a busy machine affects all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

import psutil
from pydantic import TypeAdapter

from benchmarks.environment import measured_environment, run_measuring
from benchmarks.figures import Figure, log_step
from benchmarks.records import recreate_streams
from emulation.destinations import KafkaDestination
from emulation.payloads import EVENTS, PayloadEncoder
from emulation.synthetic.posts import synthetic_posts
from local.demo.posting import Posted
from local.environment import Environment
from local.kafka.progress import landed_offsets
from local.settings import ROOT
from pinterest_pipeline.names import topics

__all__ = ["create_source", "emulate", "ingest"]

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


class Run(NamedTuple):
    """One run of the emulator.

    Attributes:
        records_per_second: Acknowledged records; the time includes its start and end.
        peak_megabytes: Its largest resident set.
    """

    records_per_second: float
    peak_megabytes: float


class _Turn(NamedTuple):
    """Records per second of one turn."""

    wrk: float
    to_kafka: float
    to_kinesis: float


def ingest(rows: int, repeats: int, most: int) -> list[Figure]:
    """Return records per second at batch sizes 1 and 500, and the emulator's ratio to wrk.

    Args:
        rows: Posts that the emulator sends to Kafka in each repeat at batch size 500. They are so
            many that its start has no influence. A fifth of them go to Kinesis, which is slower
            and keeps them in memory. At batch size 1 it is a fiftieth.
        repeats: How often each is measured; the figures are medians.
        most: Posts that the emulator sends to Kafka while its memory is measured.
    """
    with measured_environment("api_gateway") as environment:
        url = create_source(environment, max(rows, most))
        single = _at_batch_size(environment, url, 1, (rows // 50, rows // 50), repeats)
        batched = _at_batch_size(environment, url, 500, (rows, rows // 5), repeats, wanted=0.7)
        log_step(f"memory of the emulator, {most:,} posts")
        memory = _post(environment, url, "kafka", 500, most).peak_megabytes
    name = f"emulator: peak memory for {most:,} posts"
    return [*single, *batched, Figure(name, memory, "MB", at_most=250)]


def _at_batch_size(
    environment: Environment,
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
        # Each round begins with empty streams.
        recreate_streams(environment, environment.settings.shards)
        floor = _wrk_records_per_second(environment, batch_size)
        sent = (
            _post(environment, url, to, batch_size, max(1, posts)).records_per_second
            for to, posts in zip(("kafka", "kinesis"), rows, strict=True)
        )
        turns.append(_Turn(floor, *sent))
    name = f"batch size {batch_size}"
    wrk, to_kafka, to_kinesis = map(median, zip(*turns, strict=True))
    ratio = median(turn.to_kafka / turn.wrk for turn in turns)
    return [
        Figure(f"{name}: wrk", wrk, "records/s"),
        Figure(f"{name}: emulator", to_kafka, "records/s"),
        Figure(f"{name}: emulator ÷ wrk", ratio, "", wanted),
        Figure(f"{name}: emulator to Kinesis", to_kinesis, "records/s"),
    ]


def _post(environment: Environment, url: str, to: str, batch_size: int, rows: int) -> Run:
    return emulate(
        environment,
        *("--to", to, "--source", url, "--rows", str(rows)),
        *("--batch-size", str(batch_size), "--connections", str(_CONNECTIONS)),
    )


def create_source(environment: Environment, rows: int) -> str:
    """Return the URL of a new source of `rows` synthetic posts."""
    log_step(f"a source of {rows:,} posts")
    url = f"sqlite:///{environment.settings.state / 'source.db'}"
    command = [sys.executable, "-m", "emulation.synthetic", "--to", url, "--rows", str(rows)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return url


def emulate(environment: Environment, *options: str) -> Run:
    """Return the measurements of the emulator's command with `options`, run to its end.

    Raises:
        SystemExit: Raised when a record was not acknowledged.
    """
    summary = environment.settings.state / "posted.json"
    command = [sys.executable, "user_posting_emulation.py", *options]
    begun = time.monotonic()
    emulator = psutil.Popen(
        [*command, "--summary-json", str(summary)],
        cwd=ROOT,
        env={**os.environ, **environment.emulator_variables},
        stdout=subprocess.DEVNULL,
    )
    peak = run_measuring(emulator)
    seconds = time.monotonic() - begun
    if emulator.returncode:
        raise SystemExit(f"the emulator ended with {emulator.returncode}; see its output above")
    posted = TypeAdapter(dict[str, Posted]).validate_json(summary.read_text())
    return Run(sum(event.acknowledged for event in posted.values()) / seconds, peak)


def _wrk_records_per_second(environment: Environment, batch_size: int) -> float:
    """Return the rate at which records reached the topics, by the broker's own count.

    Raises:
        SystemExit: Raised when the API rejected a request, or wrk failed.
    """
    folder = environment.settings.state
    (folder / "wrk.lua").write_text(_WRK_SCRIPT)
    _write_bodies(environment, batch_size)
    before = _records_in_kafka(environment)
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(_CONNECTIONS)),
            *("--duration", f"{_WRK_SECONDS}s", "--timeout", "30s"),
            *("--script", str(folder / "wrk.lua"), environment.settings.api_url),
        ],
        env={
            **os.environ,
            "PINTEREST_API_KEY": environment.secrets.api_key,
            "BODIES": str(folder),
            "TOPICS": f"/prod/topics/{environment.settings.user_id}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    duration = re.search(r"requests in ([\d.]+)s", done.stdout)
    if duration is None or "Non-2xx" in done.stdout:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    return (_records_in_kafka(environment) - before) / float(duration[1])


def _write_bodies(environment: Environment, batch_size: int) -> None:
    kafka = KafkaDestination(environment.settings.user_id)
    posts = list(synthetic_posts(batch_size))
    for event, rows in zip(EVENTS, zip(*posts, strict=True), strict=True):
        payloads = enumerate(PayloadEncoder(event).payloads(rows))
        body = kafka.body([kafka.record(index, p) for index, p in payloads if isinstance(p, bytes)])
        (environment.settings.state / f"{event.name}.json").write_bytes(body)


def _records_in_kafka(environment: Environment) -> int:
    progress = landed_offsets(
        environment.kafka_admin, environment.settings.user_id, topics(environment.settings.user_id)
    ).values()
    return sum(partition.end for topic in progress for partition in topic.partitions)
