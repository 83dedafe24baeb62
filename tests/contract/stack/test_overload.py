"""A thousand slow clients use all file descriptors: the service answers again when they leave."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psutil
import pytest
import requests

from local.secrets import Secrets
from local.settings import HOST, Settings
from tests.conftest import Poll, Running
from tests.support.kafka_topics import PRODUCE, is_acknowledged, user_with_topics, values_of

CLIENTS = 1_000
DESCRIPTORS = 256
PORTS = {"api_gateway": "api_gateway_port", "kafka_rest": "kafka_rest_port"}


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    running("api_gateway")
    with user_with_topics(settings) as name:
        yield name


@pytest.fixture(params=PORTS)
def limited(request: pytest.FixtureRequest, running: Running, user_id: str) -> Iterator[str]:  # noqa: ARG001  # starts it
    """Limit the file descriptors of a service; give its name."""
    process = psutil.Process(running.pid(request.param))
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (DESCRIPTORS, before[1]))
    yield request.param
    process.rlimit(psutil.RLIMIT_NOFILE, before)


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """Let this process open a connection for each client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * CLIENTS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def slow_clients(port: int) -> Iterator[None]:
    """Open connections that send a part of a request, and close them at the end.

    Those beyond the backlog of the service wait for their connection.
    """
    with ExitStack() as exits:
        clients = [exits.enter_context(socket.socket()) for _ in range(CLIENTS)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex((HOST, port))
        for client in clients:
            with suppress(OSError):  # not connected
                client.send(b"POST /prod/topics/demo.pin HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        yield


class Poster:
    """Posts a number after the other to a topic, through a service.

    Attributes:
        acknowledged: The values that are stored, by the answers.
    """

    def __init__(self, settings: Settings, service: str, topic: str) -> None:
        secrets = Secrets.of(settings.state)
        url = settings.api_url if service == "api_gateway" else settings.kafka_rest_url
        self._url = f"{url}/topics/{topic}"
        self._headers = PRODUCE | {
            "x-api-key": secrets.api_key,
            "X-Proxy-Secret": secrets.proxy_secret,
        }
        self._next = 0
        self.acknowledged: list[bytes] = []

    def post(self) -> bool:
        """Return whether the next value was acknowledged within two seconds."""
        self._next += 1
        body = b'{"records":[{"value":%d}]}' % self._next
        try:
            answer = requests.post(self._url, data=body, headers=self._headers, timeout=2)
        except (requests.ConnectionError, requests.Timeout):
            return False
        if not is_acknowledged(answer):
            return False
        self.acknowledged.append(b"%d" % self._next)
        return True


def test_slow_clients_block_a_service_only_while_they_are_there(
    limited: str, settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    poster = Poster(settings, limited, f"{user_id}.pin")
    process = psutil.Process(running.pid(limited))
    assert poster.post()

    with slow_clients(getattr(settings, PORTS[limited])):
        poll(lambda: process.num_fds() >= DESCRIPTORS - 10, what="no more file descriptors")
        poster.post()

    poll(poster.post, seconds=60, what="an answer after the slow clients have left")
    stored = values_of(settings, f"{user_id}.pin")
    assert set(poster.acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
