"""Errors of the topics command; the contract tests cover what brokers do."""

from __future__ import annotations

import pytest
from typer import Typer
from typer.testing import CliRunner

from ingestion.kafka_rest.contract import BrokerUnreachableError, KafkaRestError
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, _copies, create_topics, main

MSK = KafkaRestSettings(security="msk_iam", region="eu-west-1")
ONE_COPY = TopicPlan(replication_factor=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user-id", "_demo"], "got '_demo'"),
        (["--user-id", "demo", "--security", "msk_iam"], "set KAFKA_REST_REGION"),
        (["--user-id", "demo", "--security", "ssl"], "Input should be 'plaintext' or 'msk_iam'"),
    ],
)
def test_the_command_prints_the_error(arguments: list[str], message: str) -> None:
    app = Typer()
    app.command()(main)

    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_brokers_that_do_not_answer_are_one_error_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.admin._ATTEMPT_SECONDS", 0.02)

    refused = r"Connection refused.*Is it running, and is the address right"
    with pytest.raises(BrokerUnreachableError, match=refused):
        create_topics(KafkaRestSettings(bootstrap_servers="127.0.0.1:1"), "demo", TopicPlan())

    out, err = capfd.readouterr()
    own = [line for line in err.splitlines() if "#producer-" not in line]  # of other tests
    assert (out, own) == ("", [])


def test_events_are_kept_without_limit_on_two_in_sync_brokers() -> None:
    assert TopicPlan().event_settings(copies=3) == {
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false",
    }


def test_a_single_broker_is_the_only_one_in_sync() -> None:
    assert TopicPlan().event_settings(copies=1)["min.insync.replicas"] == "1"


def test_msk_serverless_gets_only_settings_that_it_accepts() -> None:
    plan = TopicPlan(serverless=True, retention_hours=2)

    assert plan.event_settings(copies=-1) == {"retention.ms": "7200000", "retention.bytes": "-1"}
    assert plan.dead_letter_settings(copies=-1) == {"retention.ms": "-1", "retention.bytes": "-1"}


@pytest.mark.parametrize(
    ("plan", "brokers", "copies"),
    [
        (TopicPlan(), 2, 2),
        (TopicPlan(), 6, 3),
        (TopicPlan(replication_factor=2), 3, 2),
        (TopicPlan(serverless=True), 1, -1),
    ],
)
def test_a_record_on_msk_has_several_copies(plan: TopicPlan, brokers: int, copies: int) -> None:
    assert _copies(MSK, plan, brokers) == copies


@pytest.mark.parametrize(("plan", "brokers"), [(TopicPlan(), 1), (ONE_COPY, 3)])
def test_one_copy_on_provisioned_msk_is_an_error(plan: TopicPlan, brokers: int) -> None:
    with pytest.raises(KafkaRestError, match=r"Expected at least 2 copies .* got 1"):
        _copies(MSK, plan, brokers)


def test_a_broker_without_sign_in_needs_one_copy() -> None:
    assert _copies(KafkaRestSettings(), TopicPlan(), brokers=1) == 1
