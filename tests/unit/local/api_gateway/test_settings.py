"""Settings of the gateway; the key is never shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from local.api_gateway.settings import ApiGatewaySettings


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_API_KEY", "a-key-of-more-than-twenty-characters")


def from_environment() -> ApiGatewaySettings:
    return ApiGatewaySettings()  # type: ignore[call-arg]  # the key is in the environment


def test_placeholders_are_json_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_PLACEHOLDERS", '{"kafka_rest_url": "http://127.0.0.1:8082"}')

    assert from_environment().placeholders == {"kafka_rest_url": "http://127.0.0.1:8082"}


def test_no_key_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_AWS_ACCESS_KEY_ID", "an-access-key")
    monkeypatch.setenv("API_GATEWAY_AWS_SECRET_ACCESS_KEY", "a-secret-key")

    assert from_environment().aws_secret_access_key.get_secret_value() == "a-secret-key"
    assert "-key'" not in repr(from_environment())
    assert "a-key-of" not in repr(from_environment())


def test_a_refused_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_GATEWAY_API_KEY", "too-short")

    with pytest.raises(ValidationError) as raised:
        from_environment()

    assert "too-short" not in str(raised.value)


@pytest.mark.parametrize("stage", ["", "a/b", "a b", "x" * 129])
def test_a_stage_that_aws_refuses_is_refused(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    monkeypatch.setenv("API_GATEWAY_STAGE", stage)

    with pytest.raises(ValidationError):
        from_environment()
