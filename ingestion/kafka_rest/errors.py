"""Errors of the proxy and of its topics command; each says what to do next."""

__all__ = ["BrokerUnreachableError", "KafkaRestError", "PartitionsDifferError"]


class KafkaRestError(Exception):
    """Base of all errors of this package."""


class BrokerUnreachableError(KafkaRestError):
    """Raised when no broker answers."""


class PartitionsDifferError(KafkaRestError):
    """Raised when a topic exists with another number of partitions than was asked for."""
