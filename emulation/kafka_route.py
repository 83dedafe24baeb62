"""The way of records into Kafka topics: the v2 produce contract of the Kafka REST proxy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from emulation.errors import ApiError

__all__ = ["RETRIABLE", "KafkaRoute", "RecordError"]

RETRIABLE = frozenset({2, 50003})
"""Record errors that may pass by themselves. 2 is how Confluent's v2 reference numbers them, 50003
how its proxy and ours do; 1 and 50002 are the lasting ones."""

FORBIDDEN = frozenset({40101, 40301})
"""Record errors that say the proxy may not sign in to Kafka, or not write to the topic."""


class RecordError(msgspec.Struct):
    """What became of one record of a request.

    Attributes:
        error_code: Null where the record is stored.
        error: The reason in words.
    """

    error_code: int | None = None
    error: str | None = None


class _Produced(msgspec.Struct):
    offsets: list[RecordError]


class KafkaRoute:
    """Paths, bodies and answers of `POST /topics/<user-id>.<event>`."""

    headers: ClassVar[dict[str, str]] = {"Content-Type": "application/vnd.kafka.json.v2+json"}

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

    def outcomes(self, answer: bytes, records: int) -> list[RecordError]:
        """Return what became of each record, in the order of the request.

        Raises:
            ApiError: If the `answer` does not speak of as many records as were sent, or if Kafka
                takes none because it does not take any of the proxy.
        """
        try:
            outcomes = self._decode(answer).offsets
        except msgspec.DecodeError as error:
            raise ApiError(
                f"The API's answer is not that of a Kafka REST proxy (v2): {error}. "
                "Is --api the base URL of the API, its stage included?"
            ) from error
        if len(outcomes) != records:
            raise ApiError(f"The API answered for {len(outcomes)} of {records} records.")
        if all(outcome.error_code in FORBIDDEN for outcome in outcomes):
            raise ApiError(
                "The Kafka REST proxy may not sign in to Kafka, or not write to the topics of "
                f"{self._user_id} ({outcomes[0].error_code}: {outcomes[0].error}). Give the "
                "identity it runs with the right to."
            )
        return outcomes
