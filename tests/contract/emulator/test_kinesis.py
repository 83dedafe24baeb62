"""The emulator against the real API and the local Kinesis."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from mypy_boto3_kinesis import KinesisClient
from rich.console import Console

from emulation.payloads import EVENTS
from emulation.synthetic.database import default_source, write_sqlite
from emulation.synthetic.posts import synthetic_posts
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from ingestion.kinesis import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Poll, Running
from tests.support.emulator import POSTS, Emulator
from tests.support.sources import geo, pin, user, write_source

SHARDS = 2
ALL = set(range(POSTS))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return default_source(tmp_path_factory.mktemp("source") / "posts.db", None, Console(quiet=True))


@pytest.fixture
def emulator(settings: Settings, secrets: Secrets, tmp_path: Path, source: str) -> Emulator:
    return Emulator(settings, secrets, tmp_path / "state", source)


class Streams:
    """The streams of one user."""

    def __init__(self, kinesis: KinesisClient, user_id: str) -> None:
        self.user_id = user_id
        self._kinesis = kinesis
        create_streams(kinesis, user_id, SHARDS)

    def records(self, event: str) -> list[tuple[str, dict[str, object]]]:
        """Return key and data of each record, in order within each shard."""
        name = f"streaming-{self.user_id}-{event}"
        shards = self._kinesis.list_shards(StreamName=name)["Shards"]
        return [record for shard in shards for record in self._of_shard(name, shard["ShardId"])]

    def keys(self, event: str) -> list[int]:
        return [int(key) for key, _ in self.records(event)]

    def _of_shard(self, name: str, shard: str) -> Iterator[tuple[str, dict[str, object]]]:
        iterator = self._kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while True:
            answer = self._kinesis.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield record["PartitionKey"], json.loads(record["Data"])
            if not answer["MillisBehindLatest"]:
                return
            iterator = answer["NextShardIterator"]

    def delete(self) -> None:
        for event in EVENTS:
            self._kinesis.delete_stream(StreamName=f"streaming-{self.user_id}-{event.name}")


@pytest.fixture
def streams(settings: Settings, secrets: Secrets, running: Running) -> Iterator[Streams]:
    """The streams of a new user, deleted at the end."""
    running("api_gateway")
    streams = Streams(kinesis_client(settings, secrets), f"user-{uuid.uuid4().hex}")
    yield streams
    streams.delete()


def cells(output: str) -> list[list[str]]:
    """Return the cells of the closing table."""
    return [line.replace("│", " ").split() for line in output.splitlines()]


def test_every_row_arrives_once_and_unchanged(emulator: Emulator, streams: Streams) -> None:
    code, output = emulator(
        *("--to", "kinesis", "--user-id", streams.user_id),
        *("--batch-size", "40", "--connections", "2"),
    )
    assert code == 0, output
    rows = list(islice(synthetic_posts(), POSTS))
    for position, event in enumerate(("pin", "geo", "user")):
        records = streams.records(event)
        assert len(records) == POSTS
        assert {key: tuple(value.values()) for key, value in records} == {
            str(post[position][0]): post[position] for post in rows
        }


def test_versions_of_one_post_stay_in_order(
    emulator: Emulator, streams: Streams, tmp_path: Path
) -> None:
    for seed in (1, 2, 3):
        write_sqlite(tmp_path / f"{seed}.db", synthetic_posts(20, seed), lambda _: None)
        options = ("--source", f"sqlite:///{tmp_path}/{seed}.db", "--connections", "3")
        code, output = emulator("--to", "kinesis", "--user-id", streams.user_id, *options)
        assert code == 0, output
    arrived: dict[str, list[object]] = {}
    for key, value in streams.records("pin"):
        arrived.setdefault(key, []).append(value["unique_id"])
    versions = zip(*(synthetic_posts(20, seed) for seed in (1, 2, 3)), strict=True)
    assert arrived == {
        str(index): [pin[1] for pin, _, _ in posts] for index, posts in enumerate(versions)
    }


def test_a_killed_gateway_and_a_restarted_kinesis_lose_nothing(
    running: Running, emulator: Emulator, streams: Streams, poll: Poll
) -> None:
    process = emulator.start(
        *("--to", "kinesis", "--user-id", streams.user_id),
        *("--batch-size", "10", "--rate", "50"),
    )
    poll(lambda: len(streams.keys("user")) >= 20, seconds=60, what="the first posts in the stream")
    running.kill("api_gateway")
    running.start("api_gateway")
    before = len(streams.keys("user"))
    poll(lambda: len(streams.keys("user")) > before, seconds=60, what="more posts in the stream")
    running.stop("kinesis")
    assert process.poll() is None, "all posts were sent before Kinesis stopped"
    running.start("kinesis")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for event in ("pin", "geo", "user"):
        assert set(streams.keys(event)) == ALL


def test_only_a_record_that_is_too_long_is_refused(
    emulator: Emulator, streams: Streams, tmp_path: Path
) -> None:
    pins = [pin(index, "x" * 2**20 if index == 7 else "A title") for index in range(20)]
    url = write_source(tmp_path / "long.db", pins, map(geo, range(20)), map(user, range(20)))
    code, output = emulator("--to", "kinesis", "--user-id", streams.user_id, "--source", url)
    assert code == 1
    assert "kinesis: 1 pin refused: 400: " in output
    assert sorted(streams.keys("pin")) == [index for index in range(20) if index != 7]
    assert sorted(streams.keys("user")) == list(range(20))


@pytest.mark.usefixtures("streams")
def test_an_unknown_stream_is_reported(emulator: Emulator) -> None:
    code, output = emulator("--to", "kinesis", "--user-id", "nobody")
    assert code == 1
    assert "streaming-nobody-pin does not exist behind" in output


def test_both_destinations_are_interrupted_and_resumed(
    settings: Settings, emulator: Emulator, streams: Streams, poll: Poll
) -> None:
    proxy = KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers)
    create_topics(proxy, streams.user_id, TopicPlan(partitions=2))
    options = ("--to", "both", "--user-id", streams.user_id, "--batch-size", "10")
    process = emulator.start(*options, "--rate", "50")
    poll(lambda: len(streams.keys("user")) >= 50, seconds=60, what="the first posts in the stream")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert len(streams.keys("user")) < POSTS
    code, output = emulator(*options, "--resume")
    assert code == 0, output
    for event in ("pin", "geo", "user"):
        assert set(streams.keys(event)) == ALL
        assert len(streams.keys(event)) <= POSTS + 10
    for to in ("kafka", "kinesis"):
        [row] = [row for row in cells(output) if row[:2] == [to, "user"]]
        assert int(row[3]) + int(row[4]) == POSTS
