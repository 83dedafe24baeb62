"""The command refuses to start with a document that it cannot serve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.api_gateway.__main__ import main
from local.settings import ROOT


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_API_KEY", "the-key-of-these-tests-alone")


def test_the_reason_is_the_exit_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.1.0")
    monkeypatch.setenv("API_GATEWAY_DOCUMENT", str(tmp_path / "api.yaml"))

    with pytest.raises(SystemExit, match=r"Expected an OpenAPI 3\.0"):
        main()


def test_calls_of_kinesis_need_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    placeholders = {
        "kafka_rest_url": "http://127.0.0.1:9",
        "proxy_secret": "of-the-proxy",
        "authorization": "NONE",
        "vpc_link_id": "none",
        "region": "eu-west-2",
        "kinesis_role_arn": "arn:aws:iam::111122223333:role/kinesis",
    }
    monkeypatch.setenv("API_GATEWAY_DOCUMENT", str(ROOT / "ingestion" / "api.yaml"))
    monkeypatch.setenv("API_GATEWAY_PLACEHOLDERS", json.dumps(placeholders))

    with pytest.raises(SystemExit) as raised:
        main()

    assert raised.value.code == "api.yaml calls Kinesis: set API_GATEWAY_KINESIS_URL to its URL"
