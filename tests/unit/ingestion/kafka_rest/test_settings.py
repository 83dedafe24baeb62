"""Settings come from the environment; librdkafka's configurations follow from them."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from confluent_kafka import Producer
from pydantic import SecretStr, ValidationError

from ingestion.kafka_rest.contract import CredentialsError
from ingestion.kafka_rest.settings import (
    KafkaRestSettings,
    check_credentials,
    check_secret,
    client_configuration,
    msk_token,
    producer_configuration,
)


def test_a_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_REST_BOOTSTRAP_SERVERS", "b-1.example:9098,b-2.example:9098")

    assert KafkaRestSettings().bootstrap_servers == "b-1.example:9098,b-2.example:9098"


def test_allowed_hosts_are_separated_by_commas() -> None:
    settings = KafkaRestSettings(allowed_hosts="kafka-client.example, localhost")

    assert settings.allowed_host_names == ["kafka-client.example", "localhost"]


@pytest.mark.parametrize(
    ("topic", "is_writable"),
    [
        ("demo.pin", True),
        ("a.b_c-d.user", True),
        ("demo.dead_letters", False),
        ("connect-configs", False),
        ("_demo.pin", False),
        ("a" * 114 + ".pin", False),
    ],
)
def test_only_topics_of_events_are_writable(topic: str, is_writable: bool) -> None:
    assert bool(re.fullmatch(KafkaRestSettings().topic_pattern, topic)) == is_writable


def test_msk_iam_needs_a_region() -> None:
    with pytest.raises(ValidationError, match="set KAFKA_REST_REGION, for example us-east-1"):
        KafkaRestSettings(security="msk_iam")


@pytest.mark.parametrize("host", ["10.0.0.7", "proxy.example", "::"])
def test_a_proxy_that_other_machines_reach_needs_a_secret(host: str) -> None:
    with pytest.raises(CredentialsError, match="set KAFKA_REST_SHARED_SECRET"):
        check_secret(KafkaRestSettings(host=host))

    check_secret(KafkaRestSettings(host=host, shared_secret=SecretStr("0123456789abcdef")))
    check_secret(KafkaRestSettings())


def test_a_record_waits_less_than_api_gateway() -> None:
    with pytest.raises(ValidationError, match="less than 29"):
        KafkaRestSettings(delivery_seconds=29)


def test_a_record_is_acknowledged_by_every_in_sync_replica_once() -> None:
    configuration = producer_configuration(KafkaRestSettings())

    assert configuration["acks"] == "all"
    assert configuration["enable.idempotence"] is True


def test_the_settings_limit_how_long_a_record_waits() -> None:
    configuration = producer_configuration(KafkaRestSettings(delivery_seconds=2.5))

    assert configuration["message.timeout.ms"] == 2500


def test_librdkafka_accepts_every_property() -> None:
    Producer(producer_configuration(KafkaRestSettings(bootstrap_servers="127.0.0.1:1")))


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_plaintext_does_not_sign_in() -> None:
    configuration = client_configuration(KafkaRestSettings(bootstrap_servers="127.0.0.1:19092"))

    assert configuration["bootstrap.servers"] == "127.0.0.1:19092"
    assert not {"security.protocol", "sasl.mechanism", "oauth_cb"} & configuration.keys()


def test_msk_iam_signs_in_with_a_bearer_token_over_tls() -> None:
    settings = KafkaRestSettings(security="msk_iam", region="eu-west-1")
    configuration = client_configuration(settings)

    assert configuration["security.protocol"] == "SASL_SSL"
    assert configuration["sasl.mechanism"] == "OAUTHBEARER"


@pytest.mark.usefixtures("_credentials")
def test_a_token_is_a_url_signed_with_the_machines_credentials() -> None:
    token, _ = msk_token("eu-west-1", "")

    url = urlsplit(base64.urlsafe_b64decode(token + "==").decode())
    query = parse_qs(url.query)
    assert url.netloc == "kafka.eu-west-1.amazonaws.com"
    assert query["Action"] == ["kafka-cluster:Connect"]
    assert query["X-Amz-Credential"][0].startswith("AKIAEXAMPLE/")


@pytest.mark.usefixtures("_credentials")
def test_a_token_expires_within_a_quarter_of_an_hour() -> None:
    _, expires_at = msk_token("eu-west-1", "")

    assert 0 < expires_at - time.time() <= 900


def test_msk_iam_trusts_a_given_authority() -> None:
    settings = KafkaRestSettings(security="msk_iam", region="eu-west-1", ca_file=Path("ca.pem"))

    assert client_configuration(settings)["ssl.ca.location"] == "ca.pem"


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))

    with pytest.raises(CredentialsError, match="give the EC2 instance a role"):
        check_credentials(KafkaRestSettings(security="msk_iam", region="eu-west-1"))

    check_credentials(KafkaRestSettings())
