"""What can go wrong with streams; each error says what to do next."""

__all__ = ["KinesisError", "ShardsDifferError"]


class KinesisError(Exception):
    """Base of all errors of the streams."""


class ShardsDifferError(KinesisError):
    """Raised when a stream exists with another number of shards."""
