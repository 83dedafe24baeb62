"""Signing in with AWS credentials, to a broker that checks the token as MSK does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import requests
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.contract import KafkaRestError
from ingestion.kafka_rest.settings import msk_token, producer_configuration
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from tests.conftest import Poll
from tests.support.kafka_topics import PRODUCE
from tests.support.msk import CREDENTIALS, MskBroker, proxy_process

SERVERLESS = TopicPlan(serverless=True)


def test_topics_are_created_once(broker: MskBroker) -> None:
    names = ["once.pin", "once.geo", "once.user", "once.dead_letters"]

    assert create_topics(broker.settings, "once", SERVERLESS) == names
    assert create_topics(broker.settings, "once", SERVERLESS) == []


def test_provisioned_msk_needs_two_brokers(broker: MskBroker) -> None:
    with pytest.raises(KafkaRestError, match=r"Expected at least 2 copies .* with 1 brokers"):
        create_topics(broker.settings, "alone", TopicPlan())


def test_the_proxy_signs_in_and_stores_records(broker: MskBroker, poll: Poll) -> None:
    create_topics(broker.settings, "proxy", SERVERLESS)
    body = json.dumps({"records": [{"value": {"index": 1}, "partition": 2}]})
    with proxy_process(broker.variables | CREDENTIALS) as url:
        poll(lambda: requests.get(f"{url}/health", timeout=5).ok, what="a proxy that signed in")
        answer = requests.post(f"{url}/topics/proxy.pin", body, headers=PRODUCE, timeout=30)

    (result,) = answer.json()["offsets"]
    assert result == {"partition": 2, "offset": 0, "error_code": None, "error": None}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "another"}, "Access denied: wrong signature"),
        ({"AWS_ACCESS_KEY_ID": "AKIAOTHER"}, "Access denied: unknown credential"),
    ],
)
def test_the_proxy_names_a_refused_sign_in(
    broker: MskBroker, poll: Poll, variables: dict[str, str], reason: str
) -> None:
    with proxy_process(broker.variables | CREDENTIALS | variables) as url:
        health = poll(lambda: refusal(url), what="a refused sign-in")

    assert health is not None
    assert reason in health


def refusal(url: str) -> str | None:
    answer = requests.get(f"{url}/health", timeout=5)
    message: str = answer.json()["message"]
    return message if "the proxy cannot sign in" in message else None


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("AWS_SECRET_ACCESS_KEY", "another", "wrong signature"),
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER", "unknown credential"),
    ],
)
def test_the_topics_command_names_a_refused_sign_in(
    broker: MskBroker, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(KafkaRestError, match=rf"Cannot sign in: .*{reason}.*Check the AWS"):
        create_topics(broker.settings, "refused", SERVERLESS)


def test_missing_credentials_are_named(
    broker: MskBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    with pytest.raises(KafkaRestError, match="Expected AWS credentials, found none"):
        create_topics(broker.settings, "nobody", SERVERLESS)


def test_an_expired_token_is_named(broker: MskBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    def token_of_a_slow_clock(region: str, configuration: str) -> tuple[str, float]:
        token, _ = msk_token(region, configuration)
        return token, time.time() + 900

    monkeypatch.setattr(MSKAuthTokenProvider, "DEFAULT_TOKEN_EXPIRY_SECONDS", 0)
    monkeypatch.setattr("ingestion.kafka_rest.settings.msk_token", token_of_a_slow_clock)

    with pytest.raises(KafkaRestError, match=r"token expired at .* the clock"):
        create_topics(broker.settings, "late", SERVERLESS)


def test_a_token_is_renewed_before_it_expires(
    broker: MskBroker, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []

    def counted(region: str, configuration: str) -> tuple[str, float]:
        token, expires_at = msk_token(region, configuration)
        tokens.append(token)
        return token, expires_at

    monkeypatch.setattr(MSKAuthTokenProvider, "DEFAULT_TOKEN_EXPIRY_SECONDS", 3)
    monkeypatch.setattr("ingestion.kafka_rest.settings.msk_token", counted)
    brokers = Brokers(producer_configuration(broker.settings))
    try:
        poll(lambda: len(tokens) >= 2, what="a second token")
        brokers.refresh()
    finally:
        brokers.close()
