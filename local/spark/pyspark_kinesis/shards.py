"""Which shards there are, and which of them may be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .api import Api, Shard
from .errors import LostRecordsError
from .offsets import Offset

__all__ = ["Shards", "readable", "without_gone"]


class Shards:
    """The shards of some streams, listed anew once the list is `seconds` old."""

    def __init__(
        self,
        api: Api,
        streams: Sequence[str],
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._streams = streams
        self._seconds = seconds
        self._clock = clock
        self._listed: dict[str, Shard] | None = None
        self._listed_at = 0.0

    def listed(self) -> Mapping[str, Shard]:
        """Return the shards by their keys, closed ones included."""
        if self._listed is None or self._clock() - self._listed_at >= self._seconds:
            self._listed_at = self._clock()
            shards = [s for stream in self._streams for s in self._api.shards(stream).shards]
            self._listed = {shard.key: shard for shard in shards}
        return self._listed

    def expire(self) -> None:
        """Let the next call list them anew."""
        self._listed = None


def readable(offset: Offset, listed: Mapping[str, Shard]) -> list[Shard]:
    """Return the shards that are not read to their end, but whose parents are, or are gone."""

    def waits(key: str) -> bool:
        return key in listed and not offset.progress(key).done

    return [
        shard
        for key, shard in listed.items()
        if waits(key) and not any(waits(parent) for parent in shard.parent_keys)
    ]


def without_gone(
    offset: Offset, listed: Mapping[str, Shard], streams: Sequence[str], *, fail_on_data_loss: bool
) -> Offset:
    """Return `offset` without the shards that Kinesis has forgotten.

    It forgets a closed shard with its last record. Those of other streams than `streams` are
    dropped as well.

    Raises:
        LostRecordsError: Raised when one was not read to its end, unless that is allowed.
    """
    gone = [Shard.of(key) for key in offset.shards if key not in listed]
    lost = [s for s in gone if s.stream in streams and not offset.progress(s.key).done]
    if lost and fail_on_data_loss:
        last = offset.progress(lost[0].key).last
        raise LostRecordsError(lost[0].stream, lost[0].id, last, "its end")
    kept = {key: progress for key, progress in offset.shards.items() if key in listed}
    return replace(offset, shards=kept, gaps=offset.gaps + len(lost))
