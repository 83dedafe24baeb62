"""What the local Kinesis keeps when its process is killed."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.services.kinesis_journal import Journal, SequenceNumbers, StreamKey

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


@settings(deadline=None)  # each example opens databases
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
