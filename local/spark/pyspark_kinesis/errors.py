"""What can go wrong in the source; each error says what to do next."""

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
    """Raised when the source's options are wrong, or not honoured here."""


class LostRecordsError(KinesisError):
    """Raised when records may be gone that the query has not read."""

    def __init__(self, stream: str, shard: str, after: str | None, before: str) -> None:
        gone = f"after {after}" if after else "from the shard's first record on"
        super().__init__(
            f"expected every record of stream {stream}, shard {shard}; those {gone} and before"
            f" {before} may be gone, for the stream keeps records only for its retention period:"
            " give the option failOnDataLoss=false to go on without them (each gap is counted in"
            " the offset), or begin with a new checkpoint"
        )


class NotFoundError(KinesisError):
    """Raised when there is no such stream, shard, or record."""

    def __init__(self, what: str, said: str) -> None:
        super().__init__(
            f"expected {what}; Kinesis says: {said}: check streamName, region and endpointUrl; a"
            " stream that was deleted and made anew is to be read with a new checkpoint"
        )


class ExpiredIteratorError(KinesisError):
    """Raised when a shard iterator is older than five minutes; a new one is to be asked for."""
