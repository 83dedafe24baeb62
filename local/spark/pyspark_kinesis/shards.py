"""Which shards there are, and which of them may be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from .api import Api, Shard
from .offsets import Offset

__all__ = ["Shards", "readable"]


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
