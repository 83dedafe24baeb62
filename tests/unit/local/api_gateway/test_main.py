"""The command refuses to start with a document that it cannot serve."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local.api_gateway.__main__ import main
from local.settings import ROOT

DOCUMENT = """
openapi: 3.0.1
info: {title: Things, version: "1"}
paths:
  /things/{name}:
    post:
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: Done.}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: POST
        uri: http://backend/{name}
        requestParameters: {integration.request.path.name: method.request.path.name}
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_API_KEY", "the-key-of-these-tests-alone")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("http_proxy", "aws_proxy"), "x-amazon-apigateway-integration: Input"),
        (lambda t: t.replace("/things/{", "/things.{"), "paths → /things.{name}"),
        (lambda t: t + "x-amazon-apigateway-policy: {}", "x-amazon-apigateway-policy"),
        (lambda t: t.replace("backend", "${stage}"), "placeholders without a value: ['stage']"),
        (lambda t: t.replace("openapi: 3.0.1", "openapi: 3.1.0"), "Expected an OpenAPI 3.0"),
    ],
)
def test_the_reason_is_the_exit_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[str], str],
    message: str,
) -> None:
    document = tmp_path / "api.yaml"
    document.write_text(change(DOCUMENT))
    monkeypatch.setenv("API_GATEWAY_DOCUMENT", str(document))

    with pytest.raises(SystemExit) as raised:
        main()

    assert message in str(raised.value.code)


def test_calls_of_kinesis_need_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    placeholders = {
        "kafka_rest_url": "http://127.0.0.1:9",
        "region": "eu-west-2",
        "kinesis_role_arn": "arn:aws:iam::111122223333:role/kinesis",
    }
    monkeypatch.setenv("API_GATEWAY_DOCUMENT", str(ROOT / "ingestion" / "api.yaml"))
    monkeypatch.setenv("API_GATEWAY_PLACEHOLDERS", json.dumps(placeholders))

    with pytest.raises(SystemExit) as raised:
        main()

    assert raised.value.code == "api.yaml calls Kinesis: set API_GATEWAY_KINESIS_URL to its URL"
