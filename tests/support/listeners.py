"""The ports that processes listen on, and what each answers to somebody without credentials.

`answers` asks a port in every protocol of the stack, so it needs not know what listens there.
"""

from __future__ import annotations

import socket
import struct
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import grpc  # type: ignore[import-untyped]  # untyped library
import psutil
from pyspark.sql.connect.proto import (
    ConfigRequest,
    SparkConnectServiceStub,
    UserContext,
)

from local.settings import HOST

__all__ = ["Listener", "answers", "listeners"]

_SECONDS = 5
_FOREIGN = "evil.example"

# A call of each service that succeeds with its credentials. Of any other port: GET /.
_CALLS: Mapping[str, tuple[str, str, Mapping[str, str], bytes]] = {
    "s3": ("GET", "/", {}, b""),
    "kinesis": (
        "POST",
        "/",
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
        },
        b"{}",
    ),
    "kafka_rest": (
        "POST",
        "/topics/demo.pin",
        {"Content-Type": "application/vnd.kafka.json.v2+json"},
        b'{"records":[{"value":1}]}',
    ),
    "connect": ("GET", "/connectors", {}, b""),
    "api_gateway": ("GET", "/prod/streams", {}, b""),
    "workspace": ("GET", "/api/2.0/preview/scim/v2/Me", {}, b""),
}


@dataclass(frozen=True, order=True)
class Listener:
    """A TCP port, and the service whose process listens on it."""

    service: str
    address: str
    port: int


def listeners(service: str, pid: int) -> set[Listener]:
    """Return the ports of `pid` and its descendants."""
    process = psutil.Process(pid)
    return {
        Listener(service, connection.laddr.ip, connection.laddr.port)
        for member in (process, *process.children(recursive=True))
        for connection in member.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def answers(listener: Listener) -> list[str]:
    """Return the kinds of requests that the port answers, of those that it should refuse."""
    service, port = listener.service, listener.port
    method, path, headers, body = _CALLS.get(service, ("GET", "/", {}, b""))
    own, foreign = f"{HOST}:{port}", f"http://{_FOREIGN}"
    preflight = {"Origin": foreign, "Access-Control-Request-Method": method}
    plain = {**headers, "Content-Type": "text/plain", "Origin": foreign}  # sent without a preflight
    asked = {
        "no credentials": _http(port, own, method, path, headers, body),
        "a foreign Host": _http(port, f"{_FOREIGN}:{port}", method, path, headers, body),
        "a page's request": _http(port, own, method, path, plain, body),
        "a page's preflight": _http(port, own, "OPTIONS", path, preflight, b""),
        "Kafka's protocol": _kafka(port),
        "Spark Connect": _spark_connect(port),
        "Spark's internal protocol": _spark_rpc(port),
    }
    return [kind for kind, answered in asked.items() if answered]


def _http(
    port: int, host: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Return whether the answer is a success, or allows another origin."""
    with closing(HTTPConnection(HOST, port, timeout=_SECONDS)) as connection:
        try:
            connection.request(method, path, body, {**headers, "Host": host})
            answer = connection.getresponse()
        except (HTTPException, ConnectionError):
            return False  # it speaks another protocol, or has hung up
        return answer.status < 400 or answer.getheader("Access-Control-Allow-Origin") is not None


def _kafka(port: int) -> bool:
    """Return whether the port answers Kafka's ApiVersions request."""
    correlation_id = 77
    request = struct.pack(">hhih", 18, 0, correlation_id, -1)
    reply = _exchange(port, struct.pack(">i", len(request)) + request)
    return reply[4:8] == struct.pack(">i", correlation_id)


def _spark_connect(port: int) -> bool:
    """Return whether the port answers a call of Spark Connect without a token."""
    get_all = ConfigRequest.Operation(get_all=ConfigRequest.GetAll())
    request = ConfigRequest(
        session_id=str(uuid.uuid4()), user_context=UserContext(user_id="a"), operation=get_all
    )
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        try:
            call = SparkConnectServiceStub(channel).Config  # type: ignore[no-untyped-call]  # generated
            call(request, timeout=_SECONDS)
        except grpc.RpcError:
            return False
        return True


def _spark_rpc(port: int) -> bool:
    """Return whether the port reads a message of a client that has not signed in.

    An RpcRequest (type 3) is answered by an RpcResponse (4) or an RpcFailure (5). A failure that
    asks for SASL is a refusal; any other one comes from the reader of messages.
    """
    to_driver = b"\0\0\0\x01anot a Java object"  # no addresses, the endpoint `a`, an object
    open_blocks = b"\0" + struct.pack(">i1si1si", 1, b"a", 1, b"a", 0)  # no block
    return any(_reads(port, message) for message in (to_driver, open_blocks))


def _reads(port: int, message: bytes) -> bool:
    header = struct.pack(">bqi", 3, 1, len(message))
    frame = struct.pack(">q", 8 + len(header) + len(message)) + header + message
    reply = _exchange(port, frame)
    return reply[8:9] in {b"\x04", b"\x05"} and b"SaslMessage" not in reply


def _exchange(port: int, request: bytes) -> bytes:
    """Return the beginning of the answer; empty if the port hangs up or waits for more."""
    with socket.create_connection((HOST, port), timeout=_SECONDS) as connection:
        try:
            connection.sendall(request)
            return connection.recv(65536)
        except OSError:
            return b""
