"""The client of Connect's REST interface, against a server with prepared answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.errors import StackError
from local.kafka.connect import (
    ConnectApi,
    ConnectorFailedError,
    ConnectorRefusedError,
    ConnectorStatus,
    PartStatus,
)
from local.supervisor.ports import free_port

type Answer = tuple[int, object]
type CreateApi = Callable[..., tuple[ConnectApi, list[str]]]

RUNNING = PartStatus("RUNNING")
FAILED = PartStatus("FAILED", 0, "Outer: it broke\n\tat a.b(C.java:1)\nCaused by: the reason")


@pytest.fixture
def api() -> Iterator[CreateApi]:
    """Returns a function: from answers to a client, and the requests that its server received."""
    servers: list[HTTPServer] = []

    def create(*answers: Answer) -> tuple[ConnectApi, list[str]]:
        remaining, requests = list(answers), list[str]()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                requests.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = remaining.pop(0)
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return ConnectApi(f"http://127.0.0.1:{server.server_port}", "password"), requests

    yield create
    for server in servers:
        server.shutdown()
        server.server_close()


def test_retries_while_connect_rebalances(api: CreateApi) -> None:
    client, requests = api((409, {"message": "rebalance"}), (201, {}))
    client.put_connector("landing", {"flush.size": "1"})
    assert requests == ["PUT /connectors/landing/config"] * 2


def test_a_rejected_configuration_raises_connects_message(api: CreateApi) -> None:
    client, _ = api((400, {"message": "flush.size must be at least 1"}))
    with pytest.raises(ConnectorRefusedError, match=r"with 400: flush\.size must be at least 1"):
        client.put_connector("landing", {"flush.size": "0"})


def test_the_status_of_a_missing_connector_is_null(api: CreateApi) -> None:
    client, _ = api((404, {"message": "No status found"}))
    assert client.status("landing") is None


def test_the_status_names_each_part(api: CreateApi) -> None:
    client, _ = api((
        200,
        {
            "name": "landing",
            "connector": {"state": "RUNNING", "worker_id": "127.0.0.1:1"},
            "tasks": [{"id": 0, "state": "PAUSED", "worker_id": "127.0.0.1:1"}],
            "type": "sink",
        },
    ))
    expected = ConnectorStatus("landing", RUNNING, [PartStatus("PAUSED", 0)])
    assert client.status("landing") == expected


def test_restarts_only_failed_parts(api: CreateApi) -> None:
    client, requests = api((202, {}))
    client.restart_failed("landing")
    assert requests == ["POST /connectors/landing/restart?includeTasks=true&onlyFailed=true"]


def test_deletes_a_missing_connector_without_error(api: CreateApi) -> None:
    client, requests = api((404, {"message": "Connector landing not found"}))
    client.delete_connector("landing")
    assert requests == ["DELETE /connectors/landing"]


def test_reports_that_connect_does_not_answer() -> None:
    with pytest.raises(StackError, match="Kafka Connect does not answer at http://127"):
        ConnectApi(f"http://127.0.0.1:{free_port()}", "").status("landing")


@pytest.mark.parametrize(
    ("connector", "tasks", "running"),
    [
        (RUNNING, [RUNNING], True),
        (RUNNING, [], False),
        (RUNNING, [RUNNING, PartStatus("UNASSIGNED")], False),
        (PartStatus("PAUSED"), [RUNNING], False),
        (RUNNING, [FAILED], False),
    ],
)
def test_a_connector_runs_when_every_part_does(
    connector: PartStatus, tasks: list[PartStatus], *, running: bool
) -> None:
    assert ConnectorStatus("landing", connector, tasks).is_running is running


def test_a_failure_contains_the_reasons_without_stack_frames() -> None:
    status = ConnectorStatus("landing", RUNNING, [RUNNING, FAILED])
    with pytest.raises(ConnectorFailedError, match=r"Outer: it broke\nCaused by: the reason$"):
        status.require_not_failed()


def test_accepts_a_connector_without_failure() -> None:
    ConnectorStatus("landing", RUNNING, [RUNNING]).require_not_failed()
