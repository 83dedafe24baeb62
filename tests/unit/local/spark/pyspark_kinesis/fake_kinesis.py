"""A Kinesis in memory that can split shards, forget records, and let iterators expire."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from local.spark.pyspark_kinesis.api import Listing, Place, Shard
from local.spark.pyspark_kinesis.errors import ExpiredIteratorError, NotFoundError
from local.spark.pyspark_kinesis.position import TRIM_HORIZON
from local.spark.pyspark_kinesis.records import Page, Record

STREAM = "pins"


class FakeKinesis:
    """Speaks the source's own `Api`; sequence numbers grow over all shards.

    Attributes:
        now: Its clock, in seconds.
        calls: How often each call was made.
        empty_pages: How many pages to give without a record although there are some.
    """

    def __init__(self, shards: int = 1) -> None:
        self.now = 1_000.0
        self.calls: Counter[str] = Counter()
        self.empty_pages = 0
        self._shards: dict[str, Shard] = {}
        self._records: dict[str, list[Record]] = {}
        self._closed: set[str] = set()
        self._iterators: dict[str, tuple[str, int]] = {}
        self._sequence = 0
        for _ in range(shards):
            self.add_shard()

    def add_shard(self, parents: Iterable[str] = ()) -> str:
        """Return the id of a new shard; `parents` are closed."""
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
        """Forget the oldest `count` records; a closed shard goes with its last one."""
        del self._records[shard][:count]
        self.expire()
        if shard in self._closed and not self._records[shard]:
            del self._shards[shard]

    def expire(self) -> None:
        """Let every iterator expire."""
        self._iterators.clear()

    def shards(self, stream: str) -> Listing:
        self.calls["shards"] += 1
        return Listing([s for s in self._shards.values() if s.stream == stream], self.now)

    def iterator(self, shard: Shard, place: Place) -> str:
        self.calls["iterator"] += 1
        if shard.id not in self._shards:
            raise NotFoundError(shard.id, "no such shard")
        return self._new_iterator(shard.id, self._index(self._records[shard.id], place))

    def page(self, iterator: str, limit: int) -> Page:
        self.calls["page"] += 1
        if iterator not in self._iterators:
            raise ExpiredIteratorError
        shard, first = self._iterators[iterator]
        if self.empty_pages:
            self.empty_pages -= 1
            return Page([], self._new_iterator(shard, first), 1)
        records = self._records[shard][first : first + limit]
        after = first + len(records)
        rest = self._records[shard][after:]
        if shard in self._closed and not rest:
            return Page(records, None, 0)
        behind = 1000 * (self.now - rest[0].approximate_arrival_timestamp) if rest else 0
        return Page(records, self._new_iterator(shard, after), max(int(behind), bool(rest)))

    def _new_iterator(self, shard: str, index: int) -> str:
        name = str(self.calls.total())
        name = f"{name}-{len(self._iterators)}"
        self._iterators[name] = (shard, index)
        return name

    @staticmethod
    def _index(records: list[Record], place: Place) -> int:
        if place.at is not None:
            return bisect_left(records, int(place.at), key=lambda r: int(r.sequence_number))
        if place.began == TRIM_HORIZON:
            return 0
        moment = float(place.began)
        arrivals = [record.approximate_arrival_timestamp for record in records]
        return bisect_left(arrivals, moment)
