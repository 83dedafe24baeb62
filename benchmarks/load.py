"""wrk, a bare load generator: the fastest client there is, with the emulator's own requests."""

from __future__ import annotations

import os
import re
import subprocess

from emulation.destinations import KafkaDestination
from emulation.payloads import EVENTS, PayloadEncoder
from emulation.synthetic.posts import synthetic_posts
from local.environment import Environment
from local.kafka.progress import landed_offsets
from local.secrets import Secrets
from local.settings import Settings

__all__ = ["wrk_records_per_second"]

_SCRIPT = """
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


def wrk_records_per_second(
    settings: Settings, *, batch_size: int, connections: int, seconds: int
) -> float:
    """Return the rate at which records reached the topics, by the broker's own count.

    Raises:
        SystemExit: Raised when the API refused a request, or wrk did.
    """
    _write_bodies(settings, batch_size)
    before = _records_in_kafka(settings)
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(connections)),
            *("--duration", f"{seconds}s", "--timeout", "30s"),
            *("--script", str(settings.state / "wrk.lua"), settings.api_url),
        ],
        env={
            **os.environ,
            "PINTEREST_API_KEY": Secrets.of(settings.state).api_key,
            "BODIES": str(settings.state),
            "TOPICS": f"/prod/topics/{settings.user_id}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    took = re.search(r"requests in ([\d.]+)s", done.stdout)
    if took is None or "Non-2xx" in done.stdout:
        raise SystemExit(f"wrk was refused:\n{done.stdout}{done.stderr}")
    return (_records_in_kafka(settings) - before) / float(took[1])


def _write_bodies(settings: Settings, batch_size: int) -> None:
    (settings.state / "wrk.lua").write_text(_SCRIPT)
    kafka = KafkaDestination(settings.user_id)
    posts = list(synthetic_posts(batch_size))
    for event, rows in zip(EVENTS, zip(*posts, strict=True), strict=True):
        payloads = PayloadEncoder(event).payloads(rows)
        body = kafka.body([kafka.record(index, p) for index, p in enumerate(payloads)])
        (settings.state / f"{event.name}.json").write_bytes(body)


def _records_in_kafka(settings: Settings) -> int:
    topics = [f"{settings.user_id}.{event.name}" for event in EVENTS]
    progress = landed_offsets(Environment(settings).kafka_admin, settings.user_id, topics).values()
    return sum(partition.end for topic in progress for partition in topic.partitions)
