"""Errors of the source. Each message says what to do next."""

from __future__ import annotations

__all__ = [
    "ExpiredIteratorError",
    "KinesisError",
    "LostRecordsError",
    "NotFoundError",
    "OptionError",
]


class KinesisError(Exception):
    """Base of all errors of the source."""


class OptionError(KinesisError):
    """Raised when the source's options are wrong, or not supported here."""


class LostRecordsError(KinesisError):
    """Raised when records that the query has not read may be lost."""

    def __init__(self, stream: str, shard: str, after: str | None, before: str) -> None:
        first = f"after {after}" if after else "from the shard's first record on"
        super().__init__(
            f"expected every record of stream {stream}, shard {shard}; those {first} and before"
            f" {before} may be lost, because the stream keeps records only for its retention"
            " period: set the option failOnDataLoss=false to continue without them (the offset"
            " counts each gap), or start with a new checkpoint"
        )


class NotFoundError(KinesisError):
    """Raised when there is no such stream, shard, or record."""

    def __init__(self, expected: str, reason: str) -> None:
        super().__init__(
            f"expected {expected}; Kinesis says: {reason}: check streamName, region and"
            " endpointUrl; a stream that was deleted and created again needs a new checkpoint"
        )


class ExpiredIteratorError(KinesisError):
    """Raised when a shard iterator is older than five minutes; ask for a new one."""
