"""The topics command with a real broker."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]  # it does

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


def test_dead_letters_have_unlimited_retention(settings: Settings, user_id: str) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    topic = ConfigResource(ConfigResource.Type.TOPIC, f"{user_id}.dead_letters")
    (configuration,) = admin.describe_configs([topic]).values()
    values = configuration.result()
    assert (values["retention.ms"].value, values["retention.bytes"].value) == ("-1", "-1")


@pytest.mark.parametrize("partitions", [PARTITIONS - 1, PARTITIONS + 1])
def test_the_partitions_of_a_topic_are_not_changed(
    settings: Settings, user_id: str, partitions: int
) -> None:
    with pytest.raises(KafkaRestError, match=rf"has 3 partitions, {partitions} were requested"):
        create_topics(proxy_settings(settings), user_id, TopicPlan(partitions=partitions))
