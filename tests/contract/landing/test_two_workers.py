"""Two Connect workers: one hangs for longer than its session, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
import requests
from mypy_boto3_s3 import S3Client

from local.kafka.connect import CONNECT_USER, connector_name
from local.secrets import Secrets
from local.services.kafka import connect
from local.settings import Settings
from local.supervisor.ports import free_port
from local.supervisor.supervisor import Supervisor
from tests.conftest import Poll, Running
from tests.contract.landing.conftest import (
    Landing,
    Produce,
    lines,
    numbered,
    wait_until_all_landed,
)


@pytest.fixture
def workers(settings: Settings, secrets: Secrets, running: Running) -> Iterator[dict[str, int]]:
    """Start a second worker; give the process id of each by its address."""
    running("connect")
    own = {"state": settings.state / "second", "connect_port": free_port()}
    second = settings.model_copy(update=own)
    service = replace(connect(second, secrets), depends_on=(), on_ready=lambda: None)
    supervisor = Supervisor([service], settings.logs / "second")
    try:
        supervisor.start()
        pid = supervisor.processes["connect"].pid
        assert pid is not None
        yield {
            settings.connect_url: running.pid("connect"),
            second.connect_url: pid,
        }
    finally:
        supervisor.stop()


def worker_of(url: str, user: Settings, secrets: Secrets) -> str:
    """Return the URL of the worker that runs the task, as the worker at `url` says."""
    answer = requests.get(
        f"{url}/connectors/{connector_name(user.user_id)}/status",
        auth=(CONNECT_USER, secrets.connect_password),
        timeout=10,
    )
    tasks = answer.json().get("tasks") if answer.ok else None
    return f"http://{tasks[0]['worker_id']}" if tasks else ""


def test_a_worker_that_hangs_and_returns_lands_no_record_twice(
    workers: dict[str, int],
    landing: Landing,
    produce: Produce,
    s3: S3Client,
    secrets: Secrets,
    poll: Poll,
) -> None:
    user = landing("hanging", flush_size=700)
    first = poll(lambda: worker_of(user.connect_url, user, secrets), what="a worker")
    [other] = set(workers) - {first}
    produce("hanging.pin", numbered(0, 3_000))
    poll(lambda: lines(s3, user, "hanging.pin"), what="a first object")
    hanging = psutil.Process(workers[first])
    hanging.suspend()
    try:
        produce("hanging.pin", numbered(3_000, 6_000))
        poll(lambda: worker_of(other, user, secrets) == other, seconds=60, what="the other worker")
        poll(lambda: len(lines(s3, user, "hanging.pin")) > 5_000, seconds=60, what="its objects")
    finally:
        hanging.resume()
    produce("hanging.pin", numbered(6_000, 9_000))
    wait_until_all_landed(user, "hanging.pin")
    assert lines(s3, user, "hanging.pin") == numbered(0, 9_000)
