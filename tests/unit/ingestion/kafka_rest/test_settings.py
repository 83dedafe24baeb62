"""Settings of the proxy come from the environment and are checked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ingestion.kafka_rest.settings import KafkaRestSettings


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert KafkaRestSettings().host == "127.0.0.1"


def test_a_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_REST_BOOTSTRAP_SERVERS", "b-1.example:9098,b-2.example:9098")

    assert KafkaRestSettings().bootstrap_servers == "b-1.example:9098,b-2.example:9098"


def test_allowed_hosts_are_separated_by_commas() -> None:
    settings = KafkaRestSettings(allowed_hosts="kafka-client.example, localhost")

    assert settings.allowed_host_names == ["kafka-client.example", "localhost"]


def test_msk_needs_a_region() -> None:
    with pytest.raises(ValidationError, match="set KAFKA_REST_REGION, for example us-east-1"):
        KafkaRestSettings(security="msk_iam")


def test_a_record_may_not_wait_longer_than_api_gateway_does() -> None:
    with pytest.raises(ValidationError, match="less than 29"):
        KafkaRestSettings(delivery_seconds=29)
