"""A Kinesis in memory: shards can be split, records deleted, and iterators expired."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from local.spark.pyspark_kinesis.client import Kinesis, Listing, Page, Record, Shard, ShardPosition
from local.spark.pyspark_kinesis.errors import ExpiredIteratorError, NotFoundError
from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.options import TRIM_HORIZON, Options
from local.spark.pyspark_kinesis.planner import Planner
from local.spark.pyspark_kinesis.spool import read_spooled

__all__ = ["STREAM", "FakeKinesis", "fetched", "options_of"]

STREAM = "pins"


class FakeKinesis(Kinesis):
    """Answers the source's calls; sequence numbers increase over all shards.

    Attributes:
        now: Its clock, in seconds.
        calls: Number of calls, by name.
        retention_hours: How long it says that it keeps a record.
        empty_pages: Number of next pages that have no record although there are some.
    """

    def __init__(self, shards: int = 1) -> None:
        self.now = 1_000.0
        self.calls: Counter[str] = Counter()
        self.retention_hours = 24
        self.empty_pages = 0
        self._shards: dict[str, Shard] = {}
        self._records: dict[str, list[Record]] = {}
        self._closed: set[str] = set()
        self._iterators: dict[str, tuple[str, int]] = {}
        self._sequence = 0
        for _ in range(shards):
            self.add_shard()

    def add_shard(self, parents: Iterable[str] = ()) -> str:
        """Return the id of a new shard, and close its `parents`."""
        shard = Shard(STREAM, f"shardId-{len(self._shards)}", tuple(parents))
        self._shards[shard.id] = shard
        self._records[shard.id] = []
        self._closed |= set(parents)
        return shard.id

    def put(self, shard: str, count: int = 1, data: bytes = b"x") -> list[str]:
        """Return the sequence numbers of `count` new records."""
        assert shard not in self._closed
        new = []
        for _ in range(count):
            self._sequence += 1
            new.append(Record(str(self._sequence), self.now, data, "key"))
        self._records[shard] += new
        return [record.sequence_number for record in new]

    def trim(self, shard: str, count: int) -> None:
        """Delete the oldest `count` records; a closed shard is deleted with its last record."""
        del self._records[shard][:count]
        self.expire()
        if shard in self._closed and not self._records[shard]:
            del self._shards[shard]

    def expire(self) -> None:
        """Expire every iterator."""
        self._iterators.clear()

    def shards(self, stream: str) -> Listing:
        self.calls["shards"] += 1
        return Listing([s for s in self._shards.values() if s.stream == stream], self.now)

    def retention_seconds(self, stream: str) -> int:  # noqa: ARG002  # the same for all
        return self.retention_hours * 3600

    def iterator(self, shard: Shard, position: ShardPosition) -> str:
        self.calls["iterator"] += 1
        if shard.id not in self._shards:
            raise NotFoundError(shard.id, "no such shard")
        return self._new_iterator(shard.id, self._index(self._records[shard.id], position))

    def page(self, stream: str, iterator: str, limit: int) -> Page:  # noqa: ARG002  # iterators are unique
        self.calls["page"] += 1
        if iterator not in self._iterators:
            raise ExpiredIteratorError
        shard, first = self._iterators[iterator]
        if self.empty_pages:
            self.empty_pages -= 1
            return Page([], self._new_iterator(shard, first), 1, self.now)
        records = self._records[shard][first : first + limit]
        after = first + len(records)
        rest = self._records[shard][after:]
        if shard in self._closed and not rest:
            return Page(records, None, 0, self.now)
        behind = 1000 * (self.now - rest[0].approximate_arrival_timestamp) if rest else 0
        milliseconds_behind = max(int(behind), bool(rest))
        return Page(records, self._new_iterator(shard, after), milliseconds_behind, self.now)

    def _new_iterator(self, shard: str, index: int) -> str:
        name = f"{self.calls.total()}-{len(self._iterators)}"
        self._iterators[name] = (shard, index)
        return name

    @staticmethod
    def _index(records: list[Record], position: ShardPosition) -> int:
        if position.at is not None:
            return bisect_left(records, int(position.at), key=lambda r: int(r.sequence_number))
        if position.began == TRIM_HORIZON:
            return 0
        moment = float(position.began)
        arrivals = [record.approximate_arrival_timestamp for record in records]
        return bisect_left(arrivals, moment)


def options_of(**options: str) -> Options:
    """Return options that read the whole stream, without a pause between calls."""
    common = {"streamName": STREAM, "initialPosition": "earliest", "minFetchPeriod": "0s"}
    return Options.of(common | {"shardFetchInterval": "0s"} | options)


def fetched(planner: Planner, end: Offset) -> dict[str, list[str]]:
    """Return the spooled sequence numbers of the micro-batch that ends at `end`, by shard."""
    by_shard = {}
    for key, path in planner.files(end).items():
        batches = read_spooled(str(path))
        assert batches is not None
        numbers = [n for batch in batches for n in batch.column("sequenceNumber").to_pylist()]
        by_shard[key.split("/")[1]] = numbers
    return by_shard
