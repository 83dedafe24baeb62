"""The emulator against the whole real API: gateway, Kafka REST proxy and broker."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from rich.console import Console
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from emulation.synthetic.database import default_source, write_sqlite
from emulation.synthetic.posts import synthetic_posts
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics
from local.secrets import Secrets
from local.settings import Settings
from local.supervisor.ports import free_port
from tests.conftest import Poll, Running
from tests.support.emulator import POSTS, Emulator

PARTITIONS = 2


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return default_source(tmp_path_factory.mktemp("source") / "posts.db", None, Console(quiet=True))


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    """A user with its own topics, deleted at the end."""
    running("api_gateway")
    name = f"user-{uuid.uuid4().hex}"
    proxy = KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers)
    topics = create_topics(proxy, name, PARTITIONS)
    yield name
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for deleted in admin.delete_topics(topics).values():
        deleted.result()


@pytest.fixture
def emulator(settings: Settings, secrets: Secrets, tmp_path: Path, source: str) -> Emulator:
    return Emulator(settings, secrets, tmp_path / "state", source)


class Topic:
    """The records of one topic."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name = name
        self._configuration = {
            "bootstrap.servers": settings.bootstrap_servers,
            "group.id": "tests",
            "log_level": 0,
        }

    # A broker that was just restarted may not lead a new topic at once.
    @retry(
        retry=retry_if_exception_type(KafkaException),
        stop=stop_after_delay(20),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    def count(self) -> int:
        consumer = Consumer(self._configuration)
        ends = [
            consumer.get_watermark_offsets(TopicPartition(self._name, number), timeout=20)[1]
            for number in range(PARTITIONS)
        ]
        consumer.close()
        return sum(ends)

    def records(self) -> list[tuple[str, dict[str, object]]]:
        """Return key and value of each record, in order within each partition."""
        consumer = Consumer(self._configuration)
        consumer.assign([TopicPartition(self._name, number, 0) for number in range(PARTITIONS)])
        messages = consumer.consume(self.count(), timeout=30)
        consumer.close()
        return [
            (json.loads(message.key() or b"null"), json.loads(message.value() or b"null"))
            for message in messages
        ]

    def keys(self) -> list[int]:
        return [int(key) for key, _ in self.records()]


def test_every_row_arrives_once_and_unchanged(
    settings: Settings, emulator: Emulator, user_id: str
) -> None:
    code, output = emulator("--user-id", user_id, "--batch-size", "40", "--connections", "2")
    assert code == 0, output
    rows = list(islice(synthetic_posts(), POSTS))
    for position, event in enumerate(("pin", "geo", "user")):
        records = Topic(settings, f"{user_id}.{event}").records()
        expected = {str(post[position][0]): post[position] for post in rows}
        assert len(records) == POSTS
        assert {key: tuple(value.values()) for key, value in records} == expected


def test_versions_of_one_post_stay_in_order(
    settings: Settings, emulator: Emulator, user_id: str, tmp_path: Path
) -> None:
    for seed in (1, 2, 3):
        write_sqlite(tmp_path / f"{seed}.db", synthetic_posts(20, seed), lambda _: None)
        options = ("--source", f"sqlite:///{tmp_path}/{seed}.db", "--connections", "3")
        code, output = emulator("--user-id", user_id, *options)
        assert code == 0, output
    arrived: dict[str, list[object]] = {}
    for key, value in Topic(settings, f"{user_id}.pin").records():
        arrived.setdefault(key, []).append(value["unique_id"])
    versions = zip(*(synthetic_posts(20, seed) for seed in (1, 2, 3)), strict=True)
    assert arrived == {
        str(index): [pin[1] for pin, _, _ in posts] for index, posts in enumerate(versions)
    }


def test_a_wrong_key_is_reported(emulator: Emulator, user_id: str) -> None:
    emulator.environment["PINTEREST_API_KEY"] = "wrong"
    code, output = emulator("--user-id", user_id)
    assert code == 1
    assert "does not accept this key (403: Forbidden)" in output


@pytest.mark.usefixtures("user_id")
def test_an_unknown_topic_is_reported(emulator: Emulator) -> None:
    code, output = emulator("--user-id", "nobody")
    assert code == 1
    assert "nobody.pin does not exist" in output


def test_a_wrong_stage_is_reported(settings: Settings, emulator: Emulator, user_id: str) -> None:
    code, output = emulator("--user-id", user_id, "--api", f"{settings.api_url}-of-another")
    assert code == 1
    assert "Is --api the base URL of the API, its stage included?" in output


def test_an_unreachable_api_is_reported(emulator: Emulator) -> None:
    code, output = emulator("--api", f"http://127.0.0.1:{free_port()}/prod", "--give-up-after", "1")
    assert code == 1
    assert "No API answers at http://127.0.0.1:" in output


def test_an_interrupted_run_is_resumed(
    settings: Settings, emulator: Emulator, user_id: str, poll: Poll
) -> None:
    options = ("--user-id", user_id, "--batch-size", "10")
    topic = Topic(settings, f"{user_id}.user")
    process = emulator.start(*options, "--rate", "50")
    poll(lambda: topic.count() >= 50, seconds=60, what="the first posts in the topic")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    before = topic.count()
    assert before < POSTS
    code, output = emulator(*options, "--resume")
    assert code == 0, output
    for event in ("pin", "geo", "user"):
        keys = Topic(settings, f"{user_id}.{event}").keys()
        assert set(keys) == set(range(POSTS))
        assert len(keys) <= POSTS + 10


def test_a_killed_proxy_loses_nothing(
    settings: Settings, running: Running, emulator: Emulator, user_id: str, poll: Poll
) -> None:
    topic = Topic(settings, f"{user_id}.user")
    process = emulator.start("--user-id", user_id, "--batch-size", "10", "--rate", "50")
    poll(lambda: topic.count() >= 20, seconds=60, what="the first posts in the topic")
    running.kill("kafka_rest")
    running.start("kafka_rest")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for event in ("pin", "geo", "user"):
        assert set(Topic(settings, f"{user_id}.{event}").keys()) == set(range(POSTS))
