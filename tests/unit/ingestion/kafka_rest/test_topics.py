"""Errors of the topics command; the contract tests cover what brokers do."""

from __future__ import annotations

import pytest
from typer import Typer
from typer.testing import CliRunner

from ingestion.kafka_rest.contract import BrokerUnreachableError
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics, main


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


def test_brokers_that_do_not_answer_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.topics._RESPONSE_SECONDS", 0.2)

    with pytest.raises(BrokerUnreachableError, match="Is it running, and is the address right"):
        create_topics(KafkaRestSettings(bootstrap_servers="127.0.0.1:1"), "demo", partitions=3)
