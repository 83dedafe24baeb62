"""Errors of the proxy, of its requests and of its topics command; each names the next step."""

from __future__ import annotations

from ingestion.kafka_rest.contract import ErrorAnswer, ErrorCode

__all__ = ["BrokerUnreachableError", "KafkaRestError", "RequestError"]


class KafkaRestError(Exception):
    """Base of all errors of this package."""


class BrokerUnreachableError(KafkaRestError):
    """Raised when no broker answers."""


class RequestError(KafkaRestError):
    """Raised when a request fails as a whole, with one error for all of its records.

    The status of the answer is the first three digits of its code.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.status = int(str(code.value)[:3])
        self.answer = ErrorAnswer(error_code=code, message=message)
