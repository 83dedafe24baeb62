"""The gateway in front of test backends, as an application in this process."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import uuid
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.files import fill_placeholders
from local.settings import ROOT
from local.supervisor.ports import free_port
from tests.support.served_api import KEY, serving, things_document

PRODUCE = "application/vnd.kafka.json.v2+json"
NO_ROUTE = "MissingAuthenticationToken"
STREAMS = fill_placeholders(
    (ROOT / "ingestion" / "api.yaml").read_text(),
    {
        "kafka_rest_url": "http://127.0.0.1:9",
        "proxy_secret": "of-the-proxy",
        "authorization": "NONE",
        "vpc_link_id": "none",
        "region": "eu-west-2",
        "kinesis_role_arn": "arn:aws:iam::111122223333:role/kinesis",
    },
)
CREDENTIALS = Credentials("an-access-key", "a-secret-key")
CALL_KEYS = {
    "aws_access_key_id": CREDENTIALS.access_key,
    "aws_secret_access_key": CREDENTIALS.secret_key,
}
_CORRUPT = (
    b"not compressed",
    gzip.compress(b"{}" * 99, mtime=0)[:-9],
    b"",
    gzip.compress(b"{}", mtime=0) + b"rest",
)


class Echo(BaseHTTPRequestHandler):
    """Answers with the request that it received."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        received = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        answer = json.dumps(received).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Backend", "echo")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def echo_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def silent_url() -> Iterator[str]:
    """A backend that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def serving_things(document: str, **settings: object) -> Iterator[str]:
    """Serve a document of `things_document`; yield the URL of a thing."""
    with serving(document, **settings) as url:
        yield f"{url}/things/17?kind=a"


def post(url: str, body: bytes, key: str = KEY) -> requests.Response:
    headers = {"Content-Type": "text/plain", "x-api-key": key}
    return requests.post(url, data=body, headers=headers, timeout=30)


def test_a_request_is_forwarded_almost_unchanged(echo_url: str) -> None:
    with serving_things(things_document(echo_url)) as url:
        answer = post(url + "&more=%20b", b"any body")

    received = answer.json()
    assert answer.status_code == 201
    assert (received["path"], received["body"]) == ("/backend/17?kind=a&more=%20b", "any body")
    assert received["headers"]["Content-Type"] == "text/plain"
    assert answer.headers["X-Backend"] == "echo"
    assert answer.headers["x-amzn-Remapped-Server"].startswith("BaseHTTP/")


def test_a_compressed_body_is_forwarded_uncompressed(echo_url: str) -> None:
    with serving_things(things_document(echo_url)) as url:
        headers = {"x-api-key": KEY, "Content-Encoding": "gzip"}
        answer = requests.post(
            url, data=gzip.compress(b"text", mtime=0), headers=headers, timeout=10
        )

    assert answer.json()["body"] == "text"
    assert "Content-Encoding" not in answer.json()["headers"]


def test_a_required_parameter_that_is_missing_is_named(echo_url: str) -> None:
    with serving_things(things_document(echo_url)) as url:
        answer = post(url.removesuffix("?kind=a"), b"")

    assert (answer.status_code, answer.json()) == (
        400,
        {"message": "Missing required request parameters: [kind]"},
    )


def test_more_requests_than_the_plan_allows_are_throttled(echo_url: str) -> None:
    with serving_things(things_document(echo_url), rate=0.001, burst=3) as url:
        answers = [post(url, b"") for _ in range(5)]

    assert [a.status_code for a in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}
    assert answers[-1].headers["x-amzn-ErrorType"] == "TooManyRequestsException"


def test_a_backend_that_does_not_answer_in_time_is_a_504(silent_url: str) -> None:
    with serving_things(things_document(silent_url, timeoutInMillis=200)) as url:
        answer = post(url, b"")

    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})


def test_requests_to_a_slow_backend_run_concurrently(silent_url: str) -> None:
    with (
        serving_things(things_document(silent_url, timeoutInMillis=500)) as url,
        ThreadPoolExecutor(20) as clients,
    ):
        answers = list(clients.map(lambda _: post(url, b""), range(20)))

    assert {a.status_code for a in answers} == {504}
    assert max(a.elapsed.total_seconds() for a in answers) < 5  # one by one, they would take 10 s


def test_an_unreachable_backend_is_a_504() -> None:
    with serving_things(things_document(f"http://127.0.0.1:{free_port()}")) as url:
        answer = post(url, b"")

    assert (answer.status_code, answer.json()) == (
        504,
        {"message": "Network error communicating with endpoint"},
    )


def test_a_chunked_body_over_the_limit_is_too_long(echo_url: str) -> None:
    with serving_things(things_document(echo_url), max_body_bytes=1000) as url:
        headers = {"x-api-key": KEY}
        answer = requests.post(
            url, data=iter([b"x" * 600, b"x" * 600]), headers=headers, timeout=10
        )

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "error", "message"),
    [
        ("POST", "/things/17?kind=a", {"x-api-key": "wrong"}, 403, "Forbidden", "Forbidden"),
        ("POST", "/things/17?kind=a", {"x-api-key": ""}, 403, "Forbidden", "Forbidden"),
        ("POST", "/things/17?kind=a", {"Host": "evil.example"}, 403, "Forbidden", "Forbidden"),
        ("GET", "/things/17", {}, 403, NO_ROUTE, "Missing Authentication Token"),
        ("POST", "/things/17/more", {}, 403, NO_ROUTE, "Missing Authentication Token"),
        ("POST", "/../things/17", {}, 403, NO_ROUTE, "Missing Authentication Token"),
    ],
)
def test_a_request_that_no_operation_serves_has_the_answer_of_aws(
    method: str, path: str, headers: dict[str, str], status: int, error: str, message: str
) -> None:
    with serving(things_document("http://127.0.0.1:9")) as url:
        answer = requests.request(
            method, url + path, headers={"x-api-key": KEY} | headers, timeout=10
        )

    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers["x-amzn-ErrorType"] == f"{error}Exception"
    assert uuid.UUID(answer.headers["x-amzn-RequestId"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/vnd.kafka.json.v2+json"])
def test_a_content_type_without_a_template_is_unsupported(content_type: str) -> None:
    with serving(STREAMS, **CALL_KEYS) as url:
        headers = {"x-api-key": KEY, "Content-Type": content_type}
        answer = requests.get(f"{url}/streams", headers=headers, timeout=10)

    assert (answer.status_code, answer.json()) == (415, {"message": "Unsupported Media Type"})


def test_a_call_of_kinesis_is_signed(echo_url: str) -> None:
    with serving(STREAMS, kinesis_url=echo_url, **CALL_KEYS) as url:
        headers = {"x-api-key": KEY, "X-Amz-Security-Token": "not passed on"}
        answer = requests.get(f"{url}/streams/é", headers=headers, timeout=10)

    received = answer.json()
    assert answer.status_code == 200  # the backend says 201
    assert received["body"] == '{"StreamName": "%C3%A9"}'
    assert received["headers"]["X-Amz-Target"] == "Kinesis_20131202.DescribeStreamSummary"
    assert received["headers"]["Content-Type"] == "application/x-amz-json-1.1"
    assert "X-Amz-Security-Token" not in received["headers"]
    assert received["headers"]["Authorization"].endswith(
        f"Signature={signature(echo_url, received)}"
    )


def signature(url: str, received: Mapping[str, Any]) -> str:
    """Return the signature that the call should have."""
    names = ("Content-Type", "X-Amz-Target", "X-Amz-Date")
    request = AWSRequest(
        "POST", f"{url}/", headers={n: received["headers"][n] for n in names}, data=received["body"]
    )
    request.context["timestamp"] = received["headers"]["X-Amz-Date"]
    signer = SigV4Auth(CREDENTIALS, "kinesis", "eu-west-2")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


def test_a_kinesis_that_does_not_answer_in_time_is_a_504(silent_url: str) -> None:
    impatient = STREAMS.replace("timeoutInMillis: 29000", "timeoutInMillis: 200")
    with serving(impatient, kinesis_url=silent_url, **CALL_KEYS) as url:
        answer = requests.get(f"{url}/streams", headers={"x-api-key": KEY}, timeout=10)

    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        *((encoding, body, 400) for encoding in ("gzip", "deflate") for body in _CORRUPT),
        *((encoding, b"any", 415) for encoding in ("br", "zstd", "other", "gzip, gzip")),
        ("gzip", gzip.compress(b" " * 20_000, mtime=0), 413),
        ("deflate", zlib.compress(b" " * 20_000), 413),
    ],
)
def test_a_compressed_body_that_cannot_be_read_is_an_answer_on_a_usable_connection(
    caplog: pytest.LogCaptureFixture, echo_url: str, encoding: str, body: bytes, status: int
) -> None:
    document = STREAMS.replace("http://127.0.0.1:9", echo_url)
    headers = {"x-api-key": KEY, "Content-Type": PRODUCE}
    records = b'{"records":[{"value":1}]}'
    with (
        serving(document, max_body_bytes=10_000, **CALL_KEYS) as url,
        requests.Session() as session,
    ):
        compressed = headers | {"Content-Encoding": encoding}
        topic = f"{url}/topics/demo.pin"
        refused = session.post(topic, body, headers=compressed, timeout=10)
        accepted = session.post(topic, records, headers=headers, timeout=10)

    assert (refused.status_code, accepted.status_code) == (status, 201)
    assert refused.json()["message"]
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (
            "gzip",
            gzip.compress(b'{"records":[', mtime=0) + gzip.compress(b'{"value":1}]}', mtime=0),
        ),
        ("deflate", zlib.compress(b'{"records":[{"value":1}]}')),
        ("deflate", zlib.compress(b'{"records":[{"value":1}]}', wbits=-15)),
        ("identity", b'{"records":[{"value":1}]}'),
    ],
)
def test_a_compressed_body_is_forwarded_decompressed(
    echo_url: str, encoding: str, body: bytes
) -> None:
    headers = {"x-api-key": KEY, "Content-Type": PRODUCE, "Content-Encoding": encoding}
    with serving(STREAMS.replace("http://127.0.0.1:9", echo_url), **CALL_KEYS) as url:
        answer = requests.post(f"{url}/topics/demo.pin", body, headers=headers, timeout=10)

    assert answer.json()["body"] == '{"records":[{"value":1}]}'
