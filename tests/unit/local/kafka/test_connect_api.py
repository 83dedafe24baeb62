"""Tests of the client of Connect's REST interface, against a server that answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.errors import StackError
from local.kafka.connect_api import ConnectApi, ConnectorStatus, PartStatus
from local.kafka.errors import ConnectorFailedError, ConnectorRefusedError
from local.supervisor.ports import free_port

type Answer = tuple[int, object]
type Answering = Callable[..., tuple[ConnectApi, list[str]]]

RUNNING = PartStatus("RUNNING")
FAILED = PartStatus("FAILED", 0, "Outer: it broke\n\tat a.b(C.java:1)\nCaused by: the reason")


@pytest.fixture
def api() -> Iterator[Answering]:
    """Return a client of a server that gives these answers, and the requests that it got."""
    servers: list[HTTPServer] = []

    def answering(*answers: Answer) -> tuple[ConnectApi, list[str]]:
        waiting, requests = list(answers), list[str]()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                requests.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = waiting.pop(0)
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return ConnectApi(f"http://127.0.0.1:{server.server_port}"), requests

    yield answering
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_connector_is_put_again_while_connect_rebalances(
    api: Answering,
) -> None:
    client, requests = api((409, {"message": "rebalance"}), (201, {}))
    client.put_connector("landing", {"flush.size": "1"})
    assert requests == ["PUT /connectors/landing/config"] * 2


def test_a_refusal_holds_what_connect_says(
    api: Answering,
) -> None:
    client, _ = api((400, {"message": "flush.size must be at least 1"}))
    with pytest.raises(ConnectorRefusedError, match=r"with 400: flush\.size must be at least 1"):
        client.put_connector("landing", {"flush.size": "0"})


def test_there_is_no_status_before_there_is_a_connector(
    api: Answering,
) -> None:
    client, _ = api((404, {"message": "No status found"}))
    assert client.status("landing") is None


def test_the_status_names_each_part(api: Answering) -> None:
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


def test_only_what_has_failed_is_restarted(
    api: Answering,
) -> None:
    client, requests = api((202, {}))
    client.restart_failed("landing")
    assert requests == ["POST /connectors/landing/restart?includeTasks=true&onlyFailed=true"]


def test_deleting_what_is_not_there_is_fine(
    api: Answering,
) -> None:
    client, requests = api((404, {"message": "Connector landing not found"}))
    client.delete_connector("landing")
    assert requests == ["DELETE /connectors/landing"]


def test_a_connect_that_is_down_is_named() -> None:
    with pytest.raises(StackError, match="Kafka Connect does not answer at http://127"):
        ConnectApi(f"http://127.0.0.1:{free_port()}").status("landing")


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


def test_a_failure_is_told_without_stack_frames() -> None:
    status = ConnectorStatus("landing", RUNNING, [RUNNING, FAILED])
    with pytest.raises(ConnectorFailedError, match=r"Outer: it broke\nCaused by: the reason$"):
        status.require_not_failed()


def test_a_connector_without_failure_passes() -> None:
    ConnectorStatus("landing", RUNNING, [RUNNING]).require_not_failed()
