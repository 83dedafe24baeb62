"""Signing in to MSK by IAM, without a network."""

from __future__ import annotations

import base64
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.sign_in import client_configuration, msk_token


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
def test_a_token_is_a_signed_url_of_the_region_made_from_the_machines_credentials() -> None:
    token, _ = msk_token("eu-west-1", "")

    url = urlsplit(base64.urlsafe_b64decode(token + "==").decode())
    query = parse_qs(url.query)
    assert url.netloc == "kafka.eu-west-1.amazonaws.com"
    assert query["Action"] == ["kafka-cluster:Connect"]
    assert query["X-Amz-Credential"][0].startswith("AKIAEXAMPLE/")


@pytest.mark.usefixtures("_credentials")
def test_a_token_ends_in_seconds_since_the_epoch_within_a_quarter_of_an_hour() -> None:
    _, expires_at = msk_token("eu-west-1", "")

    assert 0 < expires_at - time.time() <= 900
