"""How far a query has read, and which shards it may read next."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .client import Kinesis, Shard
from .errors import LostRecordsError

__all__ = ["Offset", "Progress", "ShardList", "readable_shards", "without_deleted_shards"]

_LONG_AGO = 1


@dataclass(frozen=True)
class Progress:
    """How far one shard has been read.

    Attributes:
        last: Sequence number of the last record read; null means none has been read.
        done: Whether the shard is closed and has been read to its end.
        tip: Time up to which all its records have been read, in whole seconds since 1970; null
            means unknown. Offsets are equal whatever it is.
    """

    last: str | None = None
    done: bool = False
    tip: int | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that have a value."""
        fields = {"last": self.last, "done": self.done, "tip": self.tip}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True)
class Offset:
    """The end of a micro-batch and the start of the next one, as Spark's checkpoint stores it.

    It also holds where the query began: Spark does not store the start of the first micro-batch,
    and asks for it again when it repeats that micro-batch.

    Attributes:
        began: `TRIM_HORIZON`, or seconds since 1970: the start of shards that are not in `shards`.
        shards: By `<stream>/<shard id>`.
        gaps: How many times records may have been lost before they were read.
    """

    began: str | float
    shards: Mapping[str, Progress] = field(default_factory=dict)
    gaps: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Offset:
        """Return the offset of which `value` is the JSON."""
        shards = {key: Progress(**progress) for key, progress in value["shards"].items()}
        return cls(value["began"], shards, value.get("gaps", 0))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON that Spark stores; equal offsets give equal text."""
        shards = {key: self.shards[key].to_json() for key in sorted(self.shards)}
        gaps = {"gaps": self.gaps} if self.gaps else {}
        return {"began": self.began, "shards": shards, **gaps}

    def progress(self, key: str) -> Progress:
        """Return how far the shard `key` has been read."""
        return self.shards.get(key, Progress())

    def progress_of(self, shard: Shard) -> Progress:
        """Return how far `shard` has been read.

        A shard that is not in the offset has the latest tip of its parents, because its records
        arrived after theirs. If Kinesis has deleted parents that the query never saw, records may
        be lost.
        """
        if shard.key in self.shards or not shard.parents or not self._has_read(shard.stream):
            return self.progress(shard.key)
        tips = [self.shards[key].tip or 0 for key in shard.parent_keys if key in self.shards]
        return Progress(tip=max(tips, default=_LONG_AGO) or None)

    def _has_read(self, stream: str) -> bool:
        return any(key.startswith(f"{stream}/") for key in self.shards)

    def differs(self, other: Offset) -> bool:
        """Return whether one has read other records, or more gaps; tips do not count."""
        keys = self.shards.keys() | other.shards.keys()
        return self.gaps != other.gaps or any(self.progress(k) != other.progress(k) for k in keys)


class ShardList:
    """The shards of some streams, listed again once the list is `seconds` old."""

    def __init__(
        self,
        kinesis: Kinesis,
        streams: Sequence[str],
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinesis = kinesis
        self._streams = streams
        self._seconds = seconds
        self._clock = clock
        self._shards: dict[str, Shard] | None = None
        self._listed_at = 0.0

    def get(self) -> Mapping[str, Shard]:
        """Return the shards by their keys, closed ones included."""
        if self._shards is None or self._clock() - self._listed_at >= self._seconds:
            self._listed_at = self._clock()
            listings = [self._kinesis.shards(stream) for stream in self._streams]
            self._shards = {shard.key: shard for listing in listings for shard in listing.shards}
        return self._shards

    def expire(self) -> None:
        """List the shards again at the next call."""
        self._shards = None


def readable_shards(offset: Offset, shards: Mapping[str, Shard]) -> list[Shard]:
    """Return the unfinished shards whose parents are finished or deleted."""

    def is_unfinished(key: str) -> bool:
        return key in shards and not offset.progress(key).done

    return [
        shard
        for key, shard in shards.items()
        if is_unfinished(key) and not any(is_unfinished(parent) for parent in shard.parent_keys)
    ]


def without_deleted_shards(
    offset: Offset, shards: Mapping[str, Shard], streams: Sequence[str], *, fail_on_data_loss: bool
) -> Offset:
    """Return `offset` without the shards that Kinesis has deleted.

    Kinesis deletes a closed shard with its last record. Shards of other streams than `streams` are
    removed as well.

    Raises:
        LostRecordsError: Raised when one was not read to its end, unless that is allowed. A shard
            without a record is not lost.
    """
    deleted = [Shard.of(key) for key in offset.shards if key not in shards]
    begun = [s for s in deleted if s.stream in streams and offset.progress(s.key).last]
    lost = [s for s in begun if not offset.progress(s.key).done]
    if lost and fail_on_data_loss:
        last = offset.progress(lost[0].key).last
        raise LostRecordsError(lost[0].stream, lost[0].id, last, "its end")
    remaining = {key: progress for key, progress in offset.shards.items() if key in shards}
    return replace(offset, shards=remaining, gaps=offset.gaps + len(lost))
