"""The way of records into Kafka topics: the v2 produce contract of the Kafka REST proxy."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec

from emulation.errors import ApiError
from emulation.route import Failure, Verdict, verdict_of
from emulation.words import IS_IT_THE_API, one_line

__all__ = ["KafkaRoute"]

_RETRIABLE = frozenset({2, 50003})
"""Record errors that may pass by themselves. 2 is how Confluent's v2 reference numbers them, 50003
how its proxy and ours do; 1 and 50002 are the lasting ones."""

_FORBIDDEN = frozenset({40101, 40301})
"""Record errors that say the proxy may not sign in to Kafka, or not write to the topic."""


class _Record(msgspec.Struct):
    error_code: int | None = None
    error: str | None = None


class _Produced(msgspec.Struct):
    offsets: list[_Record]


class KafkaRoute:
    """Paths, bodies and answers of `POST /topics/<user-id>.<event>`."""

    name = "kafka"
    method = "POST"
    headers: ClassVar[dict[str, str]] = {"Content-Type": "application/vnd.kafka.json.v2+json"}
    max_bytes = 9_500_000
    """API Gateway takes bodies of 10 MB; the commas between the records need room, too."""

    def __init__(self, user_id: str) -> None:
        """Take the `user_id` that the topics' names begin with."""
        self._user_id = user_id
        self._decode = msgspec.json.Decoder(_Produced).decode

    def target(self, event: str) -> str:
        """Return the name of the topic of `event`."""
        return f"{self._user_id}.{event}"

    def path(self, event: str) -> str:
        """Return the path below the API's base URL."""
        return f"/topics/{self.target(event)}"

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event: the index, as text, is its key."""
        return b'{"key":"%d","value":%b}' % (index, payload)

    def body(self, records: Sequence[bytes]) -> bytes:
        """Return the body of a request that holds `records`."""
        return b'{"records":[' + b",".join(records) + b"]}"

    def failures(self, answer: bytes, records: int) -> dict[int, Failure]:
        """Return why records were not stored, by their position in the request.

        Raises:
            ApiError: If the `answer` does not speak of as many `records` as were sent, or if Kafka
                takes none because it does not take any of the proxy.
        """
        try:
            outcomes = self._decode(answer).offsets
        except msgspec.DecodeError as error:
            raise ApiError(
                f"The API's answer is not that of a Kafka REST proxy (v2): {error}. {IS_IT_THE_API}"
            ) from error
        if len(outcomes) != records:
            raise ApiError(f"The API answered for {len(outcomes)} of {records} records.")
        if all(outcome.error_code in _FORBIDDEN for outcome in outcomes):
            raise ApiError(
                "The Kafka REST proxy may not sign in to Kafka, or not write to the topics of "
                f"{self._user_id} ({outcomes[0].error_code}: {one_line(outcomes[0].error)}). "
                "Give the identity it runs with the right to."
            )
        return {
            position: _failure(outcome.error_code, outcome.error)
            for position, outcome in enumerate(outcomes)
            if outcome.error_code is not None
        }

    def verdict(self, status: int, answer: bytes) -> Verdict:  # noqa: ARG002  # the protocol's shape
        """Return what is to become of a whole request that was answered with another `status`."""
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            return Verdict.REFUSED
        return verdict_of(status)


def _failure(code: int, reason: str | None) -> Failure:
    verdict = Verdict.AGAIN if code in _RETRIABLE else Verdict.REFUSED
    return Failure(verdict, f"{code}: {one_line(reason)}")
