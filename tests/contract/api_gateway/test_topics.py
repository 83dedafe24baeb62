"""The local API gateway as a process: with the project's API, and with documents of its own."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.secrets import Secrets
from local.settings import ROOT, Settings
from local.supervisor.ports import free_port
from tests.conftest import Running
from tests.support.gateway_process import KEY, serving, start

PRODUCE = "application/vnd.kafka.json.v2+json"
ONE = b'{"records":[{"key":"17","value":{"index": 17}}]}'
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# The project's API, in front of the real proxy and broker


@pytest.fixture
def topic_url(settings: Settings, running: Running) -> str:
    running("api_gateway")
    return f"{settings.api_url}/topics/{settings.user_id}.pin"


def post(
    url: str, body: bytes, key: str | None = KEY, content_type: str = PRODUCE
) -> requests.Response:
    headers = {"Content-Type": content_type} | ({"x-api-key": key} if key else {})
    return requests.post(url, data=body, headers=headers, timeout=30)


def test_records_reach_kafka_and_each_is_answered(topic_url: str, secrets: Secrets) -> None:
    answer = post(topic_url, ONE, secrets.api_key)

    assert answer.status_code == 200
    [result] = answer.json()["offsets"]
    assert (result["error_code"], result["partition"] in range(3)) == (None, True)
    assert REQUEST_ID.fullmatch(answer.headers["x-amzn-RequestId"])


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_without_the_key_nothing_passes(topic_url: str, key: str | None) -> None:
    answer = post(topic_url, ONE, key)

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


@pytest.mark.parametrize(
    "value", [b"null", b'"not an event"', b"17", b'{"age":"abc"}', b'{"nothing":[]}']
)
def test_a_value_that_is_no_event_passes(topic_url: str, secrets: Secrets, value: bytes) -> None:
    body = b'{"records":[{"value":' + value + b"}]}"

    assert post(topic_url, body, secrets.api_key).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b'{"records":[',
        b'{"records":[]}',
        b'{"records":[{"key":"17"}]}',
        b'{"records":[{"value":1,"partition":"0"}]}',
        b'{"records":[' + b",".join([b'{"value":1}'] * 501) + b"]}",
        b'{"records":[{"value":"\xff"}]}',
    ],
)
def test_what_is_no_produce_request_is_invalid(
    topic_url: str, secrets: Secrets, body: bytes
) -> None:
    answer = post(topic_url, body, secrets.api_key)

    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid request body"})


def test_500_records_pass(topic_url: str, secrets: Secrets) -> None:
    body = b'{"records":[' + b",".join([b'{"value":1}'] * 500) + b"]}"

    assert len(post(topic_url, body, secrets.api_key).json()["offsets"]) == 500


@pytest.mark.parametrize(
    ("topic", "content_type", "status", "error_code"),
    [
        ("demo.nothing", PRODUCE, 404, 40401),
        ("connect-configs", PRODUCE, 404, 40401),
        ("..", PRODUCE, 404, 40401),
        ("é %2F {x}", PRODUCE, 404, 40401),
        ("demo.pin", "application/json", 415, 415),
    ],
)
def test_what_the_gateway_does_not_check_the_proxy_refuses(
    topic_url: str, secrets: Secrets, topic: str, content_type: str, status: int, error_code: int
) -> None:
    url = topic_url.rpartition("/")[0] + "/" + quote(topic, safe="").replace(".", "%2E")

    answer = post(url, ONE, secrets.api_key, content_type)

    assert (answer.status_code, answer.json()["error_code"]) == (status, error_code)


def test_a_body_over_10_mb_is_too_long(topic_url: str, secrets: Secrets) -> None:
    body = b'{"records":[{"value":"' + b"x" * 10 * 1024 * 1024 + b'"}]}'

    answer = post(topic_url, body, secrets.api_key)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/prod/topics/demo.pin"),
        ("POST", "/prod/topics/demo.pin/more"),
        ("POST", "/prod/nothing"),
        ("POST", "/topics/demo.pin"),
        ("GET", "/"),
    ],
)
def test_a_route_that_does_not_exist_is_told_as_aws_does(
    topic_url: str, secrets: Secrets, method: str, path: str
) -> None:
    root = topic_url.partition("/prod")[0]

    answer = requests.request(
        method, root + path, headers={"x-api-key": secrets.api_key}, timeout=10
    )

    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_a_request_for_a_forged_host_is_refused(topic_url: str, secrets: Secrets) -> None:
    headers = {"Host": "evil.example", "x-api-key": secrets.api_key, "Content-Type": PRODUCE}

    assert requests.post(topic_url, data=ONE, headers=headers, timeout=10).status_code == 403


def test_the_key_is_not_in_the_log(topic_url: str, settings: Settings, secrets: Secrets) -> None:
    post(topic_url, ONE, secrets.api_key)

    assert secrets.api_key not in (settings.logs / "api_gateway.log").read_text()


# Gateways of their own, in front of made-up backends


class Echo(BaseHTTPRequestHandler):
    """Answers with the request that it got."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        answer = json.dumps(seen).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Backend", "echo")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def echo_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A backend that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def document(uri: str, **integration: object) -> str:
    """Return a document with one operation, `POST /things/{thing-name}`."""
    operation = {
        "security": [{"api_key": []}],
        "parameters": [
            {"name": "thing-name", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "kind", "in": "query", "required": True, "schema": {"type": "string"}},
        ],
        "responses": {"200": {"description": "Done."}},
        "x-amazon-apigateway-request-validator": "parameters",
        "x-amazon-apigateway-integration": {
            "type": "http_proxy",
            "httpMethod": "POST",
            "uri": uri + "/backend/{thing}",
            "requestParameters": {
                "integration.request.path.thing": "method.request.path.thing-name"
            },
        }
        | integration,
    }
    return yaml.safe_dump({
        "openapi": "3.0.1",
        "info": {"title": "Things", "version": "1"},
        "x-amazon-apigateway-request-validators": {
            "parameters": {"validateRequestBody": False, "validateRequestParameters": True}
        },
        "paths": {"/things/{thing-name}": {"post": operation}},
        "components": {
            "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
        },
    })


@contextmanager
def serving_things(folder: Path, text: str, **settings: object) -> Iterator[str]:
    """Serve a document with things; give the URL of its operation."""
    with serving(written(folder, text), **settings) as url:
        yield f"{url}/things/17?kind=a"


def written(folder: Path, text: str) -> Path:
    path = folder / "api.yaml"
    path.write_text(text)
    return path


def test_a_request_passes_nearly_as_it_is(tmp_path: Path, echo_url: str) -> None:
    with serving_things(tmp_path, document(echo_url)) as url:
        answer = post(url + "&more=%20b", b"any body", content_type="text/plain")

    seen = answer.json()
    assert answer.status_code == 201
    assert (seen["path"], seen["body"]) == ("/backend/17?kind=a&more=%20b", "any body")
    assert seen["headers"]["Content-Type"] == "text/plain"
    assert answer.headers["X-Backend"] == "echo"
    assert answer.headers["x-amzn-Remapped-Server"].startswith("BaseHTTP/")


def test_a_compressed_body_is_passed_on_as_it_was_before(tmp_path: Path, echo_url: str) -> None:
    import gzip  # noqa: PLC0415  # this test alone

    with serving_things(tmp_path, document(echo_url)) as url:
        headers = {"x-api-key": KEY, "Content-Encoding": "gzip"}
        answer = requests.post(url, data=gzip.compress(b"text"), headers=headers, timeout=10)

    assert answer.json()["body"] == "text"
    assert "Content-Encoding" not in answer.json()["headers"]


def test_a_required_parameter_that_is_missing_is_named(tmp_path: Path, echo_url: str) -> None:
    with serving_things(tmp_path, document(echo_url)) as url:
        answer = post(url.removesuffix("?kind=a"), b"")

    assert (answer.status_code, answer.json()) == (
        400,
        {"message": "Missing required request parameters: [kind]"},
    )


def test_more_requests_than_the_plan_allows_are_throttled(tmp_path: Path, echo_url: str) -> None:
    with serving_things(tmp_path, document(echo_url), RATE=0.001, BURST=3) as url:
        answers = [post(url, b"") for _ in range(5)]

    assert [a.status_code for a in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}
    assert answers[-1].headers["x-amzn-ErrorType"] == "TooManyRequestsException"


def test_a_wrong_key_does_not_use_up_the_plan(tmp_path: Path, echo_url: str) -> None:
    with serving_things(tmp_path, document(echo_url), RATE=0.001, BURST=1) as url:
        statuses = [post(url, b"", key).status_code for key in ("wrong", "wrong", KEY, KEY)]

    assert statuses == [403, 403, 201, 429]


def test_a_backend_that_does_not_answer_in_time_is_a_504(tmp_path: Path, silent_url: str) -> None:
    with serving_things(tmp_path, document(silent_url, timeoutInMillis=200)) as url:
        answer = post(url, b"")

    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})


def test_a_slow_backend_does_not_hold_up_other_requests(tmp_path: Path, silent_url: str) -> None:
    with (
        serving_things(tmp_path, document(silent_url, timeoutInMillis=2000)) as url,
        ThreadPoolExecutor(20) as clients,
    ):
        answers = list(clients.map(lambda _: post(url, b""), range(20)))

    assert {a.status_code for a in answers} == {504}
    assert max(a.elapsed.total_seconds() for a in answers) < 10


def test_a_backend_that_is_not_there_is_a_504(tmp_path: Path) -> None:
    with serving_things(tmp_path, document(f"http://127.0.0.1:{free_port()}")) as url:
        answer = post(url, b"")

    assert (answer.status_code, answer.json()) == (
        504,
        {"message": "Network error communicating with endpoint"},
    )


def test_a_chunked_body_over_the_limit_is_too_long(tmp_path: Path, echo_url: str) -> None:
    with serving_things(tmp_path, document(echo_url), MAX_BODY_BYTES=1000) as url:
        headers = {"x-api-key": KEY}
        answer = requests.post(
            url, data=iter([b"x" * 600, b"x" * 600]), headers=headers, timeout=10
        )

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda t: t.replace("http_proxy", "aws_proxy"), "x-amazon-apigateway-integration: Input"),
        (lambda t: t.replace("/things/{", "/things.{"), "paths → /things.{thing-name}"),
        (lambda t: t + "x-amazon-apigateway-policy: {}\n", "x-amazon-apigateway-policy"),
        (lambda t: t.replace("/backend", "/${stage}"), "placeholders without a value: ['stage']"),
        (lambda t: t.replace("openapi: 3.0.1", "openapi: 3.1.0"), "Expected an OpenAPI 3.0"),
    ],
)
def test_it_does_not_start_with_what_it_cannot_serve(
    tmp_path: Path, change: Callable[[str], str], place: str
) -> None:
    process, _ = start(written(tmp_path, change(document("http://backend"))))
    with process:
        try:
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()

    assert process.returncode == 1
    assert place in errors
    assert "Traceback" not in errors


# Calls of Kinesis


STREAMS = ROOT / "ingestion" / "api.yaml"
PLACEHOLDERS = {
    "kafka_rest_url": "http://127.0.0.1:9",
    "region": "eu-west-2",
    "kinesis_role_arn": "arn:aws:iam::111122223333:role/kinesis",
}
CREDENTIALS = Credentials("an-access-key", "a-secret-key")
CALLING_KINESIS = {
    "PLACEHOLDERS": json.dumps(PLACEHOLDERS),
    "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
    "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
}


def test_a_call_of_kinesis_is_signed(echo_url: str) -> None:
    with serving(STREAMS, KINESIS_URL=echo_url, **CALLING_KINESIS) as url:
        headers = {"x-api-key": KEY, "X-Amz-Security-Token": "not passed on"}
        answer = requests.get(f"{url}/streams/é", headers=headers, timeout=10)

    seen = answer.json()
    assert answer.status_code == 200  # the backend says 201
    assert seen["body"] == '{"StreamName": "%C3%A9"}'
    assert seen["headers"]["X-Amz-Target"] == "Kinesis_20131202.DescribeStreamSummary"
    assert seen["headers"]["Content-Type"] == "application/x-amz-json-1.1"
    assert "X-Amz-Security-Token" not in seen["headers"]
    assert seen["headers"]["Authorization"].endswith(f"Signature={signature(echo_url, seen)}")


def signature(url: str, seen: Mapping[str, Any]) -> str:
    """Return the signature that the call should have."""
    names = ("Content-Type", "X-Amz-Target", "X-Amz-Date")
    request = AWSRequest(
        "POST", f"{url}/", headers={n: seen["headers"][n] for n in names}, data=seen["body"]
    )
    request.context["timestamp"] = seen["headers"]["X-Amz-Date"]
    signer = SigV4Auth(CREDENTIALS, "kinesis", "eu-west-2")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


def test_a_kinesis_that_does_not_answer_in_time_is_a_504(tmp_path: Path, silent_url: str) -> None:
    quick = STREAMS.read_text().replace("timeoutInMillis: 29000", "timeoutInMillis: 200")
    with serving(written(tmp_path, quick), KINESIS_URL=silent_url, **CALLING_KINESIS) as url:
        answer = requests.get(f"{url}/streams", headers={"x-api-key": KEY}, timeout=10)

    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})


def test_it_does_not_start_without_the_kinesis_that_it_calls() -> None:
    process, _ = start(STREAMS, PLACEHOLDERS=json.dumps(PLACEHOLDERS))
    with process:
        try:
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()

    assert errors == "api.yaml calls Kinesis: set API_GATEWAY_KINESIS_URL to its URL\n"
