"""The way of records into Kinesis streams: the API's proxy of PutRecords."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec

from emulation.errors import ApiError
from emulation.route import Failure, Verdict, verdict_of
from emulation.words import IS_IT_THE_API, error_type, one_line

__all__ = ["KinesisRoute"]

_THROTTLED = "ProvisionedThroughputExceeded"
_OF_RECORDS = {_THROTTLED: Verdict.SLOWER, "InternalFailure": Verdict.AGAIN}
"""The two errors that AWS documents for single records, without the `Exception` at their end."""
_OF_REQUESTS = {
    _THROTTLED: Verdict.SLOWER,
    "Throttling": Verdict.SLOWER,
    "LimitExceeded": Verdict.SLOWER,
    "KMSThrottling": Verdict.SLOWER,
    "ResourceInUse": Verdict.AGAIN,
    "ResourceNotFound": Verdict.NOT_FOUND,
    "InvalidArgument": Verdict.SMALLER,
    "Validation": Verdict.SMALLER,
    "Serialization": Verdict.SMALLER,
    None: Verdict.SMALLER,
}
"""What Kinesis answers to a whole request. It refuses one for a single record that is too long, so
its records are tried in smaller ones; so does API Gateway (null: no error of Kinesis) for a record
that is not as the API wants it."""


class _Record(msgspec.Struct):
    error_code: str | None = msgspec.field(default=None, name="ErrorCode")
    error: str | None = msgspec.field(default=None, name="ErrorMessage")


class _Put(msgspec.Struct):
    records: list[_Record] = msgspec.field(name="Records")


class KinesisRoute:
    """Paths, bodies and answers of `PUT /streams/streaming-<user-id>-<event>/records`."""

    name = "kinesis"
    method = "PUT"
    headers: ClassVar[dict[str, str]] = {"Content-Type": "application/json"}
    max_bytes = 9 * 2**19
    """4.5 MiB: Kinesis takes 5 MiB of data and keys. What is around them in a body counts, too."""

    def __init__(self, user_id: str) -> None:
        """Take the `user_id` that the streams' names hold."""
        self._user_id = user_id
        self._decode = msgspec.json.Decoder(_Put).decode

    def target(self, event: str) -> str:
        """Return the name of the stream of `event`."""
        return f"streaming-{self._user_id}-{event}"

    def path(self, event: str) -> str:
        """Return the path below the API's base URL."""
        return f"/streams/{self.target(event)}/records"

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event: the index, as text, is its partition key."""
        return b'{"data":%b,"partition-key":"%d"}' % (payload, index)

    def body(self, records: Sequence[bytes]) -> bytes:
        """Return the body of a request that holds `records`."""
        return b'{"records":[' + b",".join(records) + b"]}"

    def failures(self, answer: bytes, records: int) -> dict[int, Failure]:
        """Return why records were not stored, by their position in the request.

        Raises:
            ApiError: If the `answer` does not speak of as many `records` as were sent.
        """
        try:
            outcomes = self._decode(answer).records
        except msgspec.DecodeError as error:
            raise ApiError(
                f"The API's answer is not that of Kinesis' PutRecords: {error}. {IS_IT_THE_API}"
            ) from error
        if len(outcomes) != records:
            raise ApiError(f"The API answered for {len(outcomes)} of {records} records.")
        return {
            position: _failure(outcome.error_code, outcome.error)
            for position, outcome in enumerate(outcomes)
            if outcome.error_code is not None
        }

    def verdict(self, status: int, answer: bytes) -> Verdict:
        """Return what is to become of a whole request that was answered with another `status`."""
        if status != HTTPStatus.BAD_REQUEST:
            return verdict_of(status)
        kind = error_type(answer)
        return _OF_REQUESTS.get(kind and kind.removesuffix("Exception"), Verdict.FAILED)


def _failure(code: str, reason: str | None) -> Failure:
    verdict = _OF_RECORDS.get(code.removesuffix("Exception"), Verdict.REFUSED)
    return Failure(verdict, f"{code}: {one_line(reason)}")
