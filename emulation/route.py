"""What differs between the destinations of posts, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from http import HTTPStatus
from typing import NamedTuple, Protocol

__all__ = ["Failure", "Route", "Verdict", "verdict_of"]


class Verdict(Enum):
    """What is to become of records that were not stored."""

    AGAIN = auto()
    """The failure may pass by itself."""
    SLOWER = auto()
    """The failure may pass, and came because too much was sent."""
    SMALLER = auto()
    """Some record cannot pass, others may in a smaller request."""
    REFUSED = auto()
    """Said of the records themselves: none can pass."""
    NO_ACCESS = auto()
    """The API does not take its caller."""
    NOT_FOUND = auto()
    """There is no such topic or stream."""
    FAILED = auto()
    """Nothing that is known to pass."""


class Failure(NamedTuple):
    """Why one record of a request was not stored."""

    verdict: Verdict
    reason: str


class Route(Protocol):
    """Paths, bodies and answers of one destination."""

    @property
    def name(self) -> str:
        """Name of the destination, for people and files."""

    @property
    def method(self) -> str:
        """HTTP method of each request."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of each request."""

    @property
    def max_bytes(self) -> int:
        """Bytes that the records of one request may have together."""

    def target(self, event: str) -> str:
        """Return the name of the topic or stream of `event`."""

    def path(self, event: str) -> str:
        """Return the path below the API's base URL."""

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event: the index, as text, is its key."""

    def body(self, records: Sequence[bytes]) -> bytes:
        """Return the body of a request that holds `records`."""

    def failures(self, answer: bytes, records: int) -> Mapping[int, Failure]:
        """Return why records were not stored, by their position in the request.

        Raises:
            ApiError: If the `answer` does not speak of as many `records` as were sent.
        """

    def verdict(self, status: int, answer: bytes) -> Verdict:
        """Return what is to become of a whole request that was answered with another `status`."""


_LASTING = frozenset({
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    HTTPStatus.VARIANT_ALSO_NEGOTIATES,
    HTTPStatus.LOOP_DETECTED,
    HTTPStatus.NOT_EXTENDED,
    HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED,
})
"""Failures of a server that asking again does not mend."""


def verdict_of(status: int) -> Verdict:
    """Return what an API's `status` says, whatever is behind it."""
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Verdict.SLOWER
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Verdict.SMALLER
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Verdict.NO_ACCESS
        case HTTPStatus.NOT_FOUND:
            return Verdict.NOT_FOUND
        case HTTPStatus.REQUEST_TIMEOUT:
            return Verdict.AGAIN
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _LASTING
    return Verdict.AGAIN if passing else Verdict.FAILED
