"""A journal for ministack's Kinesis, which itself keeps streams and records in memory only.

Each change is in the journal before its answer is sent. So an acknowledged record survives
`kill -9`, with its shard, its sequence number and its order. Shard iterators and consumers do not.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, Protocol

from cachetools import TTLCache, cached

from local.errors import StackError

__all__ = [
    "Journal",
    "JournalError",
    "SequenceNumbers",
    "expire_records",
    "keep_journal",
]

_CLEANING_SECONDS = 10.0
"""Time between two removals of expired iterators."""

_SCHEMA: Final = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS stream (path TEXT PRIMARY KEY, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
  sequence TEXT PRIMARY KEY, shard TEXT NOT NULL, arrived REAL NOT NULL,
  key TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
"""
_COUNTER: Final = 10**10  # A sequence number is milliseconds since 1970, then ten digits.


type StreamKey = tuple[str, str, str]
"""Account, region and name of a stream."""


class Streams(Protocol):
    """What the journal uses of ministack's streams."""

    def all_items(self) -> Iterable[tuple[StreamKey, dict[str, Any]]]:
        """Return the streams of all accounts and regions."""

    def set_scoped(self, account: str, region: str, name: str, value: dict[str, Any]) -> None:
        """Set one stream."""


class JournalError(StackError):
    """Raised when the journal cannot be written. ministack answers 500 with its message."""

    def __init__(self, cause: sqlite3.Error) -> None:
        super().__init__(
            f"Cannot write the journal of Kinesis: {cause}. Free disk space; send again."
        )


class SequenceNumbers:
    """Numbers that only grow, also over a restart and when the clock steps back.

    Args:
        last: The last number before the restart; 0 if there is none.
    """

    def __init__(self, last: int) -> None:
        self._last = last

    def __call__(self) -> str:
        """Return the next number, 30 digits long like ministack's."""
        self._last = max(int(time.time() * 1000) * _COUNTER, self._last + 1)
        return f"{self._last:030d}"


class Journal:
    """The streams and their records in a SQLite file.

    A record leaves the file when its stream no longer holds it, so the file is bounded by the
    retention of the streams.

    Args:
        path: The file; created if it does not exist.
        streams: ministack's streams, by account, region and name.
    """

    def __init__(self, path: Path, streams: Streams) -> None:
        self._streams = streams
        self._database = sqlite3.connect(path)
        self._database.executescript(_SCHEMA)
        self._descriptions: dict[str, str] = {}
        self._bounds: dict[str, tuple[str, str]] = {}  # by shard: first, last saved number

    def restore(self) -> int:
        """Fill the streams from the file.

        Returns:
            The last sequence number; 0 if there is none.
        """
        for path, text in self._database.execute("SELECT path, description FROM stream"):
            account, region, name = path.split("/")
            self._streams.set_scoped(account, region, name, json.loads(text))
            self._descriptions[path] = text
        shards = dict(self._shards())
        last = "0"
        rows = self._database.execute(
            "SELECT sequence, shard, arrived, key, data FROM record ORDER BY sequence"
        )
        for last, shard, arrived, key, data in rows:
            record = {
                "SequenceNumber": last,
                "ApproximateArrivalTimestamp": arrived,
                "Data": data,
                "PartitionKey": key,
            }
            shards[shard].append(record)
        self._bounds = {shard: _bounds(records) for shard, records in shards.items() if records}
        return int(last)

    def save(self) -> None:
        """Write what has changed since the last call.

        Raises:
            sqlite3.Error: Raised when the file cannot be written. The new records are then
                removed from the streams, so that no reader gets a record that a restart loses.
        """
        shards = dict(self._shards())
        added = {shard: self._added(shard, records) for shard, records in shards.items()}
        descriptions = {_path(key): _description(s) for key, s in self._streams.all_items()}
        try:
            with self._database:
                self._write_streams(descriptions)
                self._delete_expired(shards)
                for shard, records in added.items():
                    self._insert(shard, records)
        except sqlite3.Error:
            for shard, records in added.items():
                del shards[shard][len(shards[shard]) - len(records) :]
            raise
        self._descriptions = descriptions
        self._bounds = {shard: _bounds(records) for shard, records in shards.items() if records}

    def _shards(self) -> Iterator[tuple[str, list[Any]]]:
        for key, stream in self._streams.all_items():
            for name, shard in stream["shards"].items():
                yield f"{_path(key)}/{name}", shard["records"]

    def _added(self, shard: str, records: list[Any]) -> list[Any]:
        _, saved = self._bounds.get(shard, ("", ""))
        return [*takewhile(lambda r: r["SequenceNumber"] > saved, reversed(records))][::-1]

    def _write_streams(self, descriptions: dict[str, str]) -> None:
        gone = self._descriptions.keys() - descriptions.keys()
        self._database.executemany("DELETE FROM stream WHERE path = ?", [(path,) for path in gone])
        changed = descriptions.items() - self._descriptions.items()
        self._database.executemany("REPLACE INTO stream VALUES (?, ?)", changed)

    def _delete_expired(self, shards: dict[str, list[Any]]) -> None:
        for shard, (first, last) in self._bounds.items():
            records = shards.get(shard)
            kept = records[0]["SequenceNumber"] if records else f"{int(last) + 1:030d}"
            if kept > first:
                delete = "DELETE FROM record WHERE sequence >= ? AND sequence < ? AND shard = ?"
                self._database.execute(delete, (first, kept, shard))

    def _insert(self, shard: str, records: list[Any]) -> None:
        names = ("SequenceNumber", "ApproximateArrivalTimestamp", "PartitionKey", "Data")
        rows = ((shard, *(record[name] for name in names)) for record in records)
        insert = "INSERT INTO record (shard, sequence, arrived, key, data) VALUES (?, ?, ?, ?, ?)"
        self._database.executemany(insert, rows)


def keep_journal(path: Path) -> None:
    """Restore the streams of ministack from the journal in `path`, and save each change there."""
    from ministack.services import kinesis  # noqa: PLC0415  # it reads its settings when it is imported

    journal = Journal(path, kinesis._streams)  # noqa: SLF001  # it has no other access to them
    kinesis._next_sequence_number = SequenceNumbers(journal.restore())  # noqa: SLF001
    kinesis._expire_records = expire_records  # noqa: SLF001
    # Each call would look at all iterators. ministack refuses expired ones anyway.
    seldom = cached(TTLCache(maxsize=1, ttl=_CLEANING_SECONDS))
    kinesis._expire_iterators = seldom(kinesis._expire_iterators)  # noqa: SLF001
    answer = kinesis.handle_request

    async def answer_and_save(*request: object) -> object:
        result = await answer(*request)
        try:
            journal.save()
        except sqlite3.Error as error:
            raise JournalError(error) from error
        return result

    kinesis.handle_request = answer_and_save


def expire_records(stream: dict[str, Any]) -> None:
    """Remove the records of a stream that are older than its retention.

    ministack's own function looks at every record in every call: 11 ms for 30,000 records.
    """
    oldest = time.time() - stream["RetentionPeriodHours"] * 3600
    for shard in stream["shards"].values():
        records = shard["records"]  # in the order of their arrival
        if records and records[0]["ApproximateArrivalTimestamp"] < oldest:
            shard["records"] = [
                record for record in records if record["ApproximateArrivalTimestamp"] >= oldest
            ]


def _path(key: StreamKey) -> str:
    return "/".join(key)


def _description(stream: dict[str, Any]) -> str:
    """Return the JSON text of a stream without its records."""
    shards = {name: {**shard, "records": []} for name, shard in stream["shards"].items()}
    return json.dumps({**stream, "shards": shards})


def _bounds(records: list[Any]) -> tuple[str, str]:
    return records[0]["SequenceNumber"], records[-1]["SequenceNumber"]
