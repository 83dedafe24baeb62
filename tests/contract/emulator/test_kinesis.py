"""The emulator against the real API and a local Kinesis that fails on demand."""

from __future__ import annotations

import json
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from aiohttp import web
from mypy_boto3_kinesis import KinesisClient
from rich.console import Console

from emulation.payloads import EVENTS
from emulation.synthetic.database import default_source, write_sqlite
from emulation.synthetic.posts import synthetic_posts
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics
from ingestion.kinesis.streams import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.services.api_gateway import service
from local.settings import Settings
from local.supervisor.ports import free_port
from local.supervisor.supervisor import Supervisor
from tests.conftest import Poll, Running
from tests.support.emulator import POSTS, Emulator
from tests.support.faulty_kinesis import (
    INTERNAL_FAILURE,
    THROTTLED,
    Fault,
    FaultyKinesis,
    Forward,
    answering,
    dropped,
    faulty_kinesis,
    refused,
)
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


@pytest.fixture
def kinesis(
    settings: Settings, secrets: Secrets, running: Running, emulator: Emulator
) -> Iterator[FaultyKinesis]:
    """A Kinesis that fails on demand, behind a separate API that the emulator uses."""
    running("api_gateway")
    port = free_port()
    own = settings.model_copy(update={"api_gateway_port": port})
    with faulty_kinesis(settings.kinesis_url) as faulty:
        gateway = service(own, secrets)
        environment = {**gateway.environment, "API_GATEWAY_KINESIS_URL": faulty.url}
        named = replace(gateway, name="faulty_gateway", depends_on=(), environment=environment)
        supervisor = Supervisor([named], settings.logs)
        supervisor.start()
        emulator.environment["PINTEREST_API"] = own.api_url
        yield faulty
        supervisor.stop()


def throttled_until(over: threading.Event) -> Fault:
    """Return a fault that throttles calls until `over` is set, and then forwards them."""
    throttled = answering(THROTTLED)

    async def fault(body: bytes, forward: Forward) -> web.Response | None:
        return await (forward(body) if over.is_set() else throttled(body, forward))

    return fault


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
    emulator: Emulator, streams: Streams, kinesis: FaultyKinesis, tmp_path: Path
) -> None:
    for seed in (1, 2, 3):
        write_sqlite(tmp_path / f"{seed}.db", synthetic_posts(20, seed), lambda _: None)
        kinesis.fail("PutRecords", refused(every=2), calls=3)
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


def test_throttling_and_partial_failures_lose_nothing_and_are_counted(
    emulator: Emulator, streams: Streams, kinesis: FaultyKinesis
) -> None:
    """The first batch of 100 pins: all, then 100, 50, 25 and 13 of them, are sent again."""
    kinesis.fail("PutRecords", answering(THROTTLED))
    kinesis.fail("PutRecords", answering(INTERNAL_FAILURE))
    kinesis.fail("PutRecords", refused(every=2))
    kinesis.fail("PutRecords", refused(every=2, error=INTERNAL_FAILURE))
    kinesis.fail("PutRecords", refused(every=2))
    code, output = emulator("--to", "kinesis", "--user-id", streams.user_id, "--batch-size", "100")
    assert code == 0, output
    for event in ("pin", "geo", "user"):
        assert Counter(streams.keys(event)) == Counter(ALL)
    assert ["kinesis", "pin", "300", "0", "300", str(100 + 100 + 50 + 25 + 12), "0"] in cells(
        output
    )
    assert ["kinesis", "geo", "300", "0", "300", "0", "0"] in cells(output)


def test_lost_connections_and_answers_lose_nothing(
    emulator: Emulator, streams: Streams, kinesis: FaultyKinesis
) -> None:
    kinesis.fail("PutRecords", dropped())
    kinesis.fail("PutRecords", dropped(after=True))
    code, output = emulator("--to", "kinesis", "--user-id", streams.user_id, "--batch-size", "100")
    assert code == 0, output
    for event in ("pin", "geo", "user"):
        assert set(streams.keys(event)) == ALL
    assert POSTS < len(streams.keys("pin")) <= POSTS + 100


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


def test_a_stream_that_keeps_throttling_ends_the_run_which_resumes(
    emulator: Emulator, streams: Streams, kinesis: FaultyKinesis
) -> None:
    options = ("--to", "kinesis", "--user-id", streams.user_id, "--batch-size", "50")
    kinesis.fail("PutRecords", refused(every=50), calls=1)
    over = threading.Event()
    kinesis.fail("PutRecords", throttled_until(over), calls=1000)
    code, output = emulator(*options, "--give-up-after", "1")
    assert code == 1
    assert f"to kinesis: 400: {THROTTLED}" in output
    assert ["kinesis", "pin", "300", "0", "49"] in [row[:5] for row in cells(output)]
    over.set()
    code, output = emulator(*options, "--resume")
    assert code == 0, output
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


def test_posts_longer_than_a_call_together_arrive(
    emulator: Emulator, streams: Streams, tmp_path: Path
) -> None:
    pins = [pin(index, "é" * 300_000) for index in range(12)]
    url = write_source(tmp_path / "long.db", pins)
    code, output = emulator("--to", "kinesis", "--user-id", streams.user_id, "--source", url)
    assert code == 0, output
    assert sorted(streams.keys("pin")) == list(range(12))
    assert ["kinesis", "pin", "12", "0", "12", "0", "0"] in cells(output)


@pytest.mark.usefixtures("streams")
def test_an_unknown_stream_is_reported(emulator: Emulator) -> None:
    code, output = emulator("--to", "kinesis", "--user-id", "nobody")
    assert code == 1
    assert "streaming-nobody-pin does not exist behind" in output


def test_a_wrong_key_is_reported(emulator: Emulator, streams: Streams) -> None:
    emulator.environment["PINTEREST_API_KEY"] = "wrong"
    code, output = emulator("--to", "kinesis", "--user-id", streams.user_id)
    assert code == 1
    assert "does not accept this key (403: Forbidden)" in output


def test_both_destinations_are_interrupted_and_resumed(
    settings: Settings, emulator: Emulator, streams: Streams, poll: Poll
) -> None:
    create_topics(
        KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers), streams.user_id, 2
    )
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
