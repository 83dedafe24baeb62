"""The topics command with a real broker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingestion.kafka_rest.admin import TopicAdmin
from ingestion.kafka_rest.contract import KafkaRestError
from ingestion.kafka_rest.topics import TopicPlan, create_topics, main
from local.settings import Settings
from tests.support.kafka_topics import PARTITIONS, proxy_settings


def test_the_command_lists_the_topics(
    settings: Settings, user_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(user_id, PARTITIONS, bootstrap_servers=settings.bootstrap_servers)

    assert capsys.readouterr().out.splitlines() == [
        f"{user_id}.pin: already existed",
        f"{user_id}.geo: already existed",
        f"{user_id}.user: already existed",
        f"{user_id}.dead_letters: already existed",
    ]


def settings_of(settings: Settings, topic: str) -> dict[str, str | None]:
    (actual,) = TopicAdmin(proxy_settings(settings)).settings_of([topic]).values()
    return actual


@pytest.mark.parametrize("name", ["pin", "geo", "user", "dead_letters"])
def test_no_record_expires_before_it_has_landed(
    settings: Settings, user_id: str, name: str
) -> None:
    actual = settings_of(settings, f"{user_id}.{name}")

    assert (actual["retention.ms"], actual["retention.bytes"]) == ("-1", "-1")
    assert actual["unclean.leader.election.enable"] == "false"


def test_other_settings_are_an_error_until_they_are_altered(
    settings: Settings, user_id: str
) -> None:
    proxy, topic = proxy_settings(settings), f"{user_id}.pin"
    plan = TopicPlan(partitions=PARTITIONS, retention_hours=2)
    with pytest.raises(
        KafkaRestError, match=rf"{topic} has retention.ms=-1 instead of 7200000. .* --alter"
    ):
        create_topics(proxy, user_id, plan)
    assert settings_of(settings, topic)["retention.ms"] == "-1"

    create_topics(proxy, user_id, replace(plan, alter=True))

    assert settings_of(settings, topic)["retention.ms"] == "7200000"
    assert settings_of(settings, f"{user_id}.dead_letters")["retention.ms"] == "-1"
    assert create_topics(proxy, user_id, plan) == []


@pytest.mark.parametrize("partitions", [PARTITIONS - 1, PARTITIONS + 1])
def test_the_partitions_of_a_topic_are_not_changed(
    settings: Settings, user_id: str, partitions: int
) -> None:
    with pytest.raises(KafkaRestError, match=rf"has 3 partitions, {partitions} were requested"):
        create_topics(proxy_settings(settings), user_id, TopicPlan(partitions=partitions))
