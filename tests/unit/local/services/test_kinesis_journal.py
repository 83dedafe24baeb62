"""What the local Kinesis keeps when its process is killed."""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.services.kinesis_journal import (
    Journal,
    JournalError,
    SequenceNumbers,
    StreamKey,
    expire_records,
    keep_journal,
)

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/pins"
PINS = ("000000000000", "us-east-1", "pins")


class Streams(dict[StreamKey, dict[str, Any]]):
    """What the journal uses of ministack's dictionary."""

    def all_items(self) -> list[tuple[StreamKey, dict[str, Any]]]:
        return list(self.items())

    def set_scoped(self, account: str, region: str, name: str, value: dict[str, Any]) -> None:
        self[account, region, name] = value


def stream(*shards: str) -> dict[str, Any]:
    return {"StreamARN": ARN, "shards": {name: {"records": []} for name in shards}}


def record(sequence: int, data: str = "e30=") -> dict[str, Any]:
    return {
        "SequenceNumber": f"{sequence:030d}",
        "ApproximateArrivalTimestamp": 1.5,
        "Data": data,
        "PartitionKey": "é",
    }


def restored(path: Path) -> tuple[Streams, int]:
    """Return what a new process reads, and the last sequence number."""
    streams = Streams()
    return streams, Journal(path, streams).restore()


def records_of(streams: Streams) -> dict[str, list[dict[str, Any]]]:
    return {name: shard["records"] for name, shard in streams[PINS]["shards"].items()}


@settings(max_examples=30, deadline=None)  # each opens databases
@given(
    batches=st.lists(st.lists(st.sampled_from("ab"), max_size=4), max_size=6),
    restarts=st.sets(st.integers(0, 5)),
)
def test_saved_records_keep_shard_order_and_number(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]], restarts: set[int]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    streams = Streams({PINS: stream("a", "b")})
    journal = Journal(path, streams)
    journal.save()
    sequence = 0
    for index, shards in enumerate(batches):
        for shard in shards:
            sequence += 1
            streams[PINS]["shards"][shard]["records"].append(record(sequence))
        journal.save()
        if index in restarts:
            expected = records_of(streams)
            streams = Streams()
            journal = Journal(path, streams)
            assert journal.restore() == sequence
            assert records_of(streams) == expected
    assert restored(path) == (streams, sequence)


def test_unsaved_records_of_a_full_disk_leave_the_stream(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    streams = Streams({PINS: stream("a")})
    journal = Journal(path, streams)
    streams[PINS]["shards"]["a"]["records"] = [record(1)]
    journal.save()
    streams[PINS]["shards"]["a"]["records"].append(record(2, "x" * 10**7))

    with files_up_to(100_000), pytest.raises(sqlite3.OperationalError):
        journal.save()

    assert records_of(streams) == {"a": [record(1)]}
    streams[PINS]["shards"]["a"]["records"].append(record(3))
    journal.save()
    assert restored(path) == (streams, 3)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let writes beyond `size` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def expire(streams: Streams) -> None:
    streams[PINS]["shards"]["a"]["records"] = [record(3)]
    streams[PINS]["shards"]["b"]["records"] = []


def merge_shards(streams: Streams) -> None:
    streams[PINS]["shards"] = {"c": {"records": []}}


def delete(streams: Streams) -> None:
    del streams[PINS]


@pytest.mark.parametrize("change", [expire, merge_shards, delete])
def test_the_journal_keeps_only_what_the_streams_hold(
    tmp_path: Path, change: Callable[[Streams], None]
) -> None:
    path = tmp_path / "journal.sqlite"
    streams = Streams({PINS: stream("a", "b")})
    journal = Journal(path, streams)
    streams[PINS]["shards"]["a"]["records"] = [record(1), record(3)]
    streams[PINS]["shards"]["b"]["records"] = [record(2)]
    journal.save()

    change(streams)
    journal.save()

    assert restored(path)[0] == streams
    [kept] = sqlite3.connect(path).execute("SELECT count(*) FROM record").fetchone()
    assert kept == (sum(map(len, records_of(streams).values())) if streams else 0)


@pytest.mark.parametrize("last", [0, 2**99])
def test_sequence_numbers_grow_even_if_the_clock_is_behind(last: int) -> None:
    numbers = SequenceNumbers(last)
    issued = [numbers() for _ in range(100)]
    assert issued == sorted(set(issued))
    assert min(map(int, issued)) > last
    assert {len(number) for number in issued} == {30}


class Kinesis:
    """ministack's Kinesis with a journal, in this process."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = import_module("ministack.services.kinesis")
        for name in ("handle_request", "_next_sequence_number", "_streams"):
            monkeypatch.setattr(self.module, name, getattr(self.module, name))
        self._answer = self.module.handle_request
        self._path = path
        self.start()

    def start(self) -> None:
        """Start it again, as after `kill -9`."""
        vars(self.module).update(_streams=type(self.module._streams)(), handle_request=self._answer)
        keep_journal(self._path)

    def call(self, operation: str, **request: object) -> dict[str, Any]:
        headers = {"x-amz-target": f"Kinesis_20131202.{operation}"}
        body = json.dumps({"StreamName": "pins", **request}).encode()
        answer = asyncio.run(self.module.handle_request("POST", "/", headers, body, {}))
        assert answer[0] == 200, answer
        result: dict[str, Any] = json.loads(answer[2])
        return result

    def put(self, *data: str) -> list[dict[str, Any]]:
        records = [{"Data": text, "PartitionKey": "7"} for text in data]
        stored: list[dict[str, Any]] = self.call("PutRecords", Records=records)["Records"]
        return stored


def test_a_reader_continues_after_a_kill_even_if_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis = Kinesis(tmp_path / "journal.sqlite", monkeypatch)
    kinesis.call("CreateStream", ShardCount=2)
    first, second = kinesis.put("MQ==", "Mg==")
    kinesis.start()
    earlier = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: earlier)
    [third] = kinesis.put("Mw==")

    iterator = kinesis.call(
        "GetShardIterator",
        ShardId=first["ShardId"],
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=first["SequenceNumber"],
    )
    read = kinesis.call("GetRecords", **iterator)["Records"]

    assert [(r["SequenceNumber"], r["Data"]) for r in read] == [
        (second["SequenceNumber"], "Mg=="),
        (third["SequenceNumber"], "Mw=="),
    ]


def test_a_put_that_the_journal_cannot_hold_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis = Kinesis(tmp_path / "journal.sqlite", monkeypatch)
    kinesis.call("CreateStream", ShardCount=1)
    with files_up_to(100_000), pytest.raises(JournalError, match="Free disk space; send again"):
        kinesis.put("x" * 500_000)

    [stored] = kinesis.put("MQ==")
    kinesis.start()
    records = kinesis.module._streams["pins"]["shards"][stored["ShardId"]]["records"]
    assert [record["Data"] for record in records] == ["MQ=="]


def test_only_records_older_than_the_retention_expire() -> None:
    hour = 3600
    ages = {"a": [25 * hour, 24 * hour + 60, 24 * hour - 60, 0], "b": [1], "c": []}
    now = time.time()
    expiring = stream(*ages) | {"RetentionPeriodHours": 24}
    for name, seconds in ages.items():
        expiring["shards"][name]["records"] = [
            record(number) | {"ApproximateArrivalTimestamp": now - age}
            for number, age in enumerate(seconds)
        ]

    expire_records(expiring)

    kept = {name: len(shard["records"]) for name, shard in expiring["shards"].items()}
    assert kept == {"a": 2, "b": 1, "c": 0}
