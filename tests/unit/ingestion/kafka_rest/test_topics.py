"""User ids that name topics. What the brokers do is in the contract tests."""

from __future__ import annotations

import pytest
from typer import Typer
from typer.testing import CliRunner

from ingestion.kafka_rest.errors import BrokerUnreachableError, UserIdError
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics, main, topic_names


def test_a_user_has_one_topic_per_event() -> None:
    assert topic_names("demo") == ["demo.pin", "demo.geo", "demo.user"]


@pytest.mark.parametrize("user_id", ["0a1b", "Ann", "a.b", "a_b-c", "a" * 236])
def test_a_user_id_may_hold_what_a_topic_may(user_id: str) -> None:
    assert topic_names(user_id)[0] == f"{user_id}.pin"


@pytest.mark.parametrize("user_id", ["", "_demo", ".demo", "-demo", "a b", "a/b", "é", "a" * 237])
def test_a_user_id_that_would_not_be_landed_is_refused(user_id: str) -> None:
    with pytest.raises(UserIdError, match="must begin with a letter or a digit"):
        topic_names(user_id)


def test_no_topic_is_made_for_a_bad_user_id() -> None:
    with pytest.raises(UserIdError):
        create_topics(KafkaRestSettings(bootstrap_servers="127.0.0.1:1"), "_demo", partitions=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user-id", "_demo"], "The user id '_demo' cannot name topics"),
        (["--user-id", "demo", "--security", "msk_iam"], "set KAFKA_REST_REGION"),
        (["--user-id", "demo", "--security", "ssl"], "Input should be 'plaintext' or 'msk_iam'"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], message: str) -> None:
    app = Typer()
    app.command()(main)

    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_brokers_that_do_not_answer_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.topics._ANSWER_SECONDS", 0.2)

    with pytest.raises(BrokerUnreachableError, match="Is it running, and is the address right"):
        create_topics(KafkaRestSettings(bootstrap_servers="127.0.0.1:1"), "demo", partitions=3)
