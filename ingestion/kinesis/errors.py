"""What can go wrong with streams; each error says what to do next."""

__all__ = ["KinesisError", "ShardsDifferError", "UserIdError"]


class KinesisError(Exception):
    """Base of all errors of the streams."""


class UserIdError(KinesisError):
    """Raised when a user id cannot be part of a stream's name."""


class ShardsDifferError(KinesisError):
    """Raised when a stream exists with another number of shards."""
