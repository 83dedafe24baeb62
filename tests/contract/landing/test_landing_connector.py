"""The landing connector in a real Connect worker, with a real broker and the local S3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from mypy_boto3_s3 import S3Client

from local.environment import Environment, kafka_client_configuration
from local.kafka.connect import ConnectorFailedError
from local.kafka.dead_letters import count_dead_letters, read_dead_letters
from local.kafka.progress import ExpiredRecordsError, LandingStalledError, landed_offsets
from local.settings import Settings
from tests.contract.landing.conftest import (
    Landing,
    Produce,
    lines,
    numbered,
    objects,
    start_landing,
    wait_until_all_landed,
)

if TYPE_CHECKING:
    from tests.conftest import Poll, Running


class Observed(NamedTuple):
    """An object as listed, and its body as read directly afterwards."""

    etag: str
    size: int
    body: bytes


@contextmanager
def observed_objects(
    s3: S3Client, settings: Settings, topic: str
) -> Iterator[Mapping[str, set[Observed]]]:
    """List and read the objects of `topic` repeatedly; give all observed states by key."""
    states: dict[str, set[Observed]] = defaultdict(set)
    ended = Event()

    def watch() -> None:
        while not ended.wait(0.01):
            prefix = f"topics/{topic}/"
            listed = s3.list_objects_v2(Bucket=settings.bucket, Prefix=prefix).get("Contents", [])
            for item in listed:
                body = s3.get_object(Bucket=settings.bucket, Key=item["Key"])["Body"].read()
                states[item["Key"]].add(Observed(item["ETag"], item["Size"], body))

    with ThreadPoolExecutor(1) as threads:
        watcher = threads.submit(watch)
        try:
            yield states
        finally:
            ended.set()
        watcher.result()


def delete_until(admin: AdminClient, topic: str, offset: int) -> None:
    """Delete the records of partition 0 before `offset`, as retention does."""
    for deleted in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        deleted.result()


def test_lines_are_the_values_byte_for_byte(
    landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("bytes", flush_size=3)
    values = [
        b'{"index":1,"title":"plain"}',
        b'{ "spaces" : [1.50, 1E5, -0] ,"same":1,"same":2}',
        '{"text":"\u05e9 \u00e9 \U0001f384 \u00a0\u2028", "escaped":"\\u00e9\\n\\""}'.encode(),
    ]
    produce("bytes.pin", values)
    wait_until_all_landed(user, "bytes.pin")
    assert objects(s3, user, "bytes.pin") == {
        "topics/bytes.pin/partition=0/bytes.pin+0+0000000000.json": b"\n".join([*values, b""])
    }


def test_a_topic_may_have_special_characters(
    landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("0aB-c_D.e--f..9", flush_size=1)
    produce("0aB-c_D.e--f..9.geo", [b"1", b"2"])
    wait_until_all_landed(user, "0aB-c_D.e--f..9.geo")
    folder = "topics/0aB-c_D.e--f..9.geo/partition=0/0aB-c_D.e--f..9.geo+0+"
    assert objects(s3, user, "0aB-c_D.e--f..9.geo") == {
        f"{folder}0000000000.json": b"1\n",
        f"{folder}0000000001.json": b"2\n",
    }


def test_values_that_are_not_a_json_line_become_unchanged_dead_letters(
    landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("bad")
    bad = [b"not JSON", b'{"truncated":', b"", b"{} {}", b'{"text":"\xff"}', b'{"a":"b\nc"}']
    produce("bad.user", [b'{\n"good":1}', *bad, b'{"good":2}'])
    wait_until_all_landed(user, "bad.user")
    configuration = kafka_client_configuration(user)
    letters = list(read_dead_letters(configuration, user.user_id))
    assert lines(s3, user, "bad.user") == [b'{ "good":1}', b'{"good":2}']
    assert [(letter.offset, letter.value) for letter in letters] == list(enumerate(bad, start=1))
    assert {letter.topic for letter in letters} == {"bad.user"}
    counts = count_dead_letters(configuration, user.user_id, ["bad.user", "bad.pin"])
    assert counts == {"bad.user": 6, "bad.pin": 0}
    # The alarm of the connector's log looks for this line.
    assert "Dead letter: offset 1 of bad.user-0" in (user.logs / "connect.log").read_text()


def test_kill_9_of_connect_loses_no_record_and_lands_none_twice(
    running: Running, landing: Landing, produce: Produce, s3: S3Client, poll: Poll
) -> None:
    user = landing("killed", flush_size=700)
    produce("killed.pin", numbered(0, 6_000))
    poll(lambda: lines(s3, user, "killed.pin"), what="a first object")
    running.kill("connect")
    produce("killed.pin", numbered(6_000, 8_000))
    running.start("connect")
    wait_until_all_landed(user, "killed.pin")
    assert lines(s3, user, "killed.pin") == numbered(0, 8_000)


def test_an_object_is_complete_as_soon_as_it_is_listed(
    running: Running, landing: Landing, produce: Produce, s3: S3Client, poll: Poll
) -> None:
    user = landing("whole", flush_size=300)
    records = numbered(0, 6_000)
    with observed_objects(s3, user, "whole.pin") as seen:
        produce("whole.pin", records)
        poll(lambda: bool(seen), what="a first object")
        running.kill("connect")
        assert lines(s3, user, "whole.pin") != records
        running.start("connect")
        wait_until_all_landed(user, "whole.pin")
        poll(lambda: len(seen) == len(objects(s3, user, "whole.pin")), what="all to be seen")
    assert [key for key, states in seen.items() if len(states) > 1] == []
    written = [state for states in seen.values() for state in states]
    assert [state for state in written if len(state.body) != state.size] == []
    assert b"".join(state.body for _, (state,) in sorted(seen.items())).splitlines() == records


def test_no_record_is_lost_while_s3_is_down(
    running: Running, landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("away", flush_size=700)
    produce("away.pin", numbered(0, 2_000))
    running.stop("s3")
    produce("away.pin", numbered(2_000, 4_000))
    with pytest.raises(LandingStalledError, match=r"nothing landed for 3 s.*away\.pin"):
        wait_until_all_landed(user, "away.pin", deadline_seconds=3)
    running.start("s3")
    wait_until_all_landed(user, "away.pin")
    assert lines(s3, user, "away.pin") == numbered(0, 4_000)


def test_progress_counts_the_records_of_the_topic_and_the_landed_ones(
    landing: Landing, produce: Produce
) -> None:
    user = landing("progress", rotate_seconds=3600, flush_size=4)
    produce("progress.pin", [b"1", b"2", b"3", b"4", b"5"])
    with pytest.raises(LandingStalledError, match=r"progress\.pin 4 of 5"):
        wait_until_all_landed(user, "progress.pin", deadline_seconds=2)
    counts = landed_offsets(
        Environment(user).kafka_admin, user.user_id, ["progress.pin", "progress.geo"]
    )
    assert {t: (c.records, c.landed) for t, c in counts.items()} == {
        "progress.pin": (5, 4),
        "progress.geo": (0, 0),
    }


def test_records_that_kafka_deleted_before_they_landed_are_an_error(
    landing: Landing, produce: Produce
) -> None:
    user = landing("expired", rotate_seconds=3600, flush_size=4)
    produce("expired.pin", [b"1", b"2", b"3", b"4", b"5"])
    with pytest.raises(LandingStalledError):
        wait_until_all_landed(user, "expired.pin", deadline_seconds=2)
    admin = Environment(user).kafka_admin

    delete_until(admin, "expired.pin", 4)
    assert landed_offsets(admin, user.user_id, ["expired.pin"])["expired.pin"].landed == 0

    delete_until(admin, "expired.pin", 5)
    with pytest.raises(ExpiredRecordsError, match=r"before they landed: \{'expired.pin': 1\}"):
        wait_until_all_landed(user, "expired.pin")


def test_a_failed_task_is_reported_and_restarts_with_the_connector(
    landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("failed", bucket="missing-bucket")
    produce("failed.pin", [b"1"])
    with pytest.raises(ConnectorFailedError, match="cannot write s3://missing-bucket/topics"):
        wait_until_all_landed(user, "failed.pin")
    s3.create_bucket(Bucket="missing-bucket")
    start_landing(user)
    wait_until_all_landed(user, "failed.pin")
    assert lines(s3, user, "failed.pin") == [b"1"]


def test_a_second_start_of_the_connector_changes_nothing(
    landing: Landing, produce: Produce, s3: S3Client
) -> None:
    user = landing("again", flush_size=1)
    produce("again.pin", [b"1"])
    wait_until_all_landed(user, "again.pin")
    start_landing(user)
    produce("again.pin", [b"2"])
    wait_until_all_landed(user, "again.pin")
    assert lines(s3, user, "again.pin") == [b"1", b"2"]
