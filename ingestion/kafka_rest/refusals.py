"""The ways in which a whole request fails."""

from __future__ import annotations

from ingestion.kafka_rest.contract import PRODUCE_TYPE, ErrorAnswer, ErrorCode

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818  # an answer, not a fault of this program
    """Raised when a request is answered with one error for all of its records."""

    def __init__(self, status: int, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = ErrorAnswer(error_code=code, message=message)

    @classmethod
    def malformed(cls, detail: str) -> Refusal:
        """Return the refusal of a body that is not JSON."""
        return cls(400, ErrorCode.BAD_REQUEST, f"Malformed JSON: {detail}")

    @classmethod
    def unprocessable(cls, detail: str) -> Refusal:
        """Return the refusal of a body that is JSON, but no produce request."""
        return cls(422, ErrorCode.UNPROCESSABLE, detail)

    @classmethod
    def unsupported_media_type(cls) -> Refusal:
        """Return the refusal of any content type but the one that is spoken here."""
        message = f"HTTP 415 Unsupported Media Type: send {PRODUCE_TYPE}"
        return cls(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)

    @classmethod
    def too_large(cls, max_bytes: int) -> Refusal:
        """Return the refusal of a body over `max_bytes`."""
        message = f"The body is larger than {max_bytes} bytes: send fewer records at once"
        return cls(413, ErrorCode.TOO_LARGE, message)

    @classmethod
    def topic_not_found(cls, topic: str) -> Refusal:
        """Return the refusal of a topic that does not exist, or not for clients."""
        return cls(404, ErrorCode.TOPIC_NOT_FOUND, f"Topic {topic} not found.")

    @classmethod
    def partition_not_found(cls, partition: int) -> Refusal:
        """Return the refusal of a partition that the topic does not have."""
        return cls(404, ErrorCode.PARTITION_NOT_FOUND, f"Partition {partition} not found.")

    @classmethod
    def broker_not_available(cls, detail: str = "no broker answers") -> Refusal:
        """Return the refusal that asks the client to send the same records again."""
        message = f"Broker not available: {detail}"
        return cls(503, ErrorCode.BROKER_NOT_AVAILABLE, message)
