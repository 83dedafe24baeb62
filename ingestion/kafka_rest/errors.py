"""Errors of the proxy, of its requests and of its topics command; each names the next step."""

from __future__ import annotations

from ingestion.kafka_rest.contract import PRODUCE_TYPE, ErrorAnswer, ErrorCode

__all__ = ["BrokerUnreachableError", "KafkaRestError", "PartitionsDifferError", "RequestError"]


class KafkaRestError(Exception):
    """Base of all errors of this package."""


class BrokerUnreachableError(KafkaRestError):
    """Raised when no broker answers."""


class PartitionsDifferError(KafkaRestError):
    """Raised when a topic exists with another number of partitions than requested."""


class RequestError(KafkaRestError):
    """Raised when a request fails as a whole, with one error for all of its records."""

    def __init__(self, status: int, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = ErrorAnswer(error_code=code, message=message)

    @classmethod
    def malformed(cls, detail: str) -> RequestError:
        """Return the error for a body that is not JSON."""
        return cls(400, ErrorCode.BAD_REQUEST, f"Malformed JSON: {detail}")

    @classmethod
    def unprocessable(cls, detail: str) -> RequestError:
        """Return the error for a body that is JSON, but not a produce request."""
        return cls(422, ErrorCode.UNPROCESSABLE, detail)

    @classmethod
    def unsupported_media_type(cls) -> RequestError:
        """Return the error for any content type but `PRODUCE_TYPE`."""
        message = f"HTTP 415 Unsupported Media Type: send {PRODUCE_TYPE}"
        return cls(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)

    @classmethod
    def too_large(cls, max_bytes: int) -> RequestError:
        """Return the error for a body of more than `max_bytes`."""
        message = f"The body is larger than {max_bytes} bytes: send fewer records at once"
        return cls(413, ErrorCode.TOO_LARGE, message)

    @classmethod
    def topic_not_found(cls, topic: str) -> RequestError:
        """Return the error for a topic that does not exist, or that clients may not write to."""
        return cls(404, ErrorCode.TOPIC_NOT_FOUND, f"Topic {topic} not found.")

    @classmethod
    def partition_not_found(cls, partition: int) -> RequestError:
        """Return the error for a partition that the topic does not have."""
        return cls(404, ErrorCode.PARTITION_NOT_FOUND, f"Partition {partition} not found.")

    @classmethod
    def broker_not_available(cls, detail: str = "no broker answers") -> RequestError:
        """Return the error after which a client sends the same records again."""
        message = f"Broker not available: {detail}"
        return cls(503, ErrorCode.BROKER_NOT_AVAILABLE, message)
