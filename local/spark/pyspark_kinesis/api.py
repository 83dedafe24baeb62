"""Kinesis, as far as the source needs it: three calls, and what they take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .records import Page

__all__ = ["CONNECTIONS", "Api", "Listing", "Place", "Shard"]

CONNECTIONS = 8
"""Shards that one query reads at the same time."""


@dataclass(frozen=True)
class Shard:
    """A shard, and the shards it was made of by a split or a merge (none, one or two ids)."""

    stream: str
    id: str
    parents: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: str) -> Shard:
        """Return the shard that `key` names, without its parents."""
        stream, shard_id = key.split("/")
        return cls(stream, shard_id)

    @property
    def key(self) -> str:
        """Its name among the shards of all streams."""
        return f"{self.stream}/{self.id}"

    @property
    def parent_keys(self) -> list[str]:
        """The names of its parents among the shards of all streams."""
        return [f"{self.stream}/{parent}" for parent in self.parents]


@dataclass(frozen=True)
class Listing:
    """The shards of a stream, closed ones included, and Kinesis' time in seconds since 1970."""

    shards: list[Shard]
    at: float


@dataclass(frozen=True)
class Place:
    """A place in a shard: at a record, or where a new query begins.

    Attributes:
        at: The record's sequence number; null means `began`.
        began: `TRIM_HORIZON`, or seconds since 1970.
    """

    at: str | None
    began: str | float


class Api(Protocol):
    """Kinesis, as far as the source needs it."""

    def shards(self, stream: str) -> Listing:
        """Return the shards of `stream`.

        Raises:
            NotFoundError: Raised when there is no such stream.
        """

    def iterator(self, shard: Shard, place: Place) -> str:
        """Return an iterator that begins at `place`; it lives for five minutes.

        Raises:
            NotFoundError: Raised when there is no such shard, or no such record was ever in it.
        """

    def page(self, iterator: str, limit: int) -> Page:
        """Return at most `limit` records.

        Raises:
            ExpiredIteratorError: Raised when `iterator` is too old.
        """
