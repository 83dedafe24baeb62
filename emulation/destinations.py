"""The two destinations of posts: URLs, bodies, and what their answers mean for each record."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum, auto
from http import HTTPStatus
from typing import ClassVar, NamedTuple

import msgspec

from emulation.api import CHECK_API_URL, error_type, one_line
from emulation.errors import ApiError
from pinterest_pipeline.names import stream_name, topic

__all__ = [
    "Destination",
    "DestinationName",
    "Failure",
    "KafkaDestination",
    "KinesisDestination",
    "Verdict",
    "destinations_of",
]


class DestinationName(StrEnum):
    """Where posts are sent."""

    KAFKA = "kafka"
    KINESIS = "kinesis"
    BOTH = "both"


class Verdict(Enum):
    """What to do with records that were not stored."""

    RETRY = auto()
    """The failure may be temporary."""
    THROTTLED = auto()
    """The failure is temporary: too much was sent."""
    SPLIT = auto()
    """At least one record is invalid; others may pass in a smaller request."""
    REFUSED = auto()
    """None of the records can pass."""
    NO_ACCESS = auto()
    """The API does not accept its caller."""
    NOT_FOUND = auto()
    """There is no such topic or stream."""
    FAILED = auto()
    """The failure is not known to be temporary."""


class Failure(NamedTuple):
    """Why one record of a request was not stored."""

    verdict: Verdict
    reason: str


class _Outcome(msgspec.Struct, gc=False):
    """The result of one record; a stored record has no error code."""

    error_code: int | str | None = None
    message: str | None = None


class _KafkaOutcome(_Outcome, gc=False):
    error_code: int | None = None
    message: str | None = msgspec.field(default=None, name="error")


class _KafkaAnswer(msgspec.Struct):
    offsets: list[_KafkaOutcome]


class _KinesisOutcome(_Outcome, gc=False):
    error_code: str | None = msgspec.field(default=None, name="ErrorCode")
    message: str | None = msgspec.field(default=None, name="ErrorMessage")


class _KinesisAnswer(msgspec.Struct):
    records: list[_KinesisOutcome] = msgspec.field(name="Records")


_NON_RETRYABLE = frozenset({
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    HTTPStatus.VARIANT_ALSO_NEGOTIATES,
    HTTPStatus.LOOP_DETECTED,
    HTTPStatus.NOT_EXTENDED,
    HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED,
})
"""Non-retryable server errors."""


class Destination(ABC):
    """One kind of destination for the posts of one user.

    Attributes:
        name: Its name in output and files.
        method: HTTP method of each request.
        headers: Headers of each request.
        max_bytes: Bytes that the records of one request may have together.
    """

    name: ClassVar[DestinationName]
    method: ClassVar[str]
    headers: ClassVar[Mapping[str, str]]
    max_bytes: ClassVar[int]
    _path: ClassVar[str]
    _resource_name: ClassVar[staticmethod[[str, str], str]]
    _server: ClassVar[str]

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id

    @abstractmethod
    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event; its key is the index as text."""

    @abstractmethod
    def _outcomes(self, answer: bytes) -> Sequence[_Outcome]: ...

    @abstractmethod
    def _record_verdict(self, error_code: int | str) -> Verdict: ...

    def resource(self, event: str) -> str:
        """Return the name of the topic or stream of `event`."""
        return self._resource_name(self._user_id, event)

    def path(self, event: str) -> str:
        """Return the path below the API's base URL."""
        return self._path.format(self.resource(event))

    def body(self, records: Sequence[bytes]) -> bytes:
        """Return the body of a request that holds `records`."""
        return b'{"records":[' + b",".join(records) + b"]}"

    def failures(self, answer: bytes, records: int) -> dict[int, Failure]:
        """Return why records were not stored, by their position in the request.

        Raises:
            ApiError: Raised when the `answer` is not about as many `records` as were sent, or
                says that the API itself may not write to the destination.
        """
        try:
            outcomes = self._outcomes(answer)
        except msgspec.DecodeError as error:
            raise ApiError(
                f"The API's answer is not that of {self._server}: {error}. {CHECK_API_URL}"
            ) from error
        if len(outcomes) != records:
            raise ApiError(f"The API answered for {len(outcomes)} of {records} records.")
        return {
            position: Failure(
                self._record_verdict(outcome.error_code),
                f"{outcome.error_code}: {one_line(outcome.message)}",
            )
            for position, outcome in enumerate(outcomes)
            if outcome.error_code is not None
        }

    def verdict(self, status: int, answer: bytes) -> Verdict:  # noqa: ARG002  # Kinesis reads it
        """Return what to do with a whole request whose `answer` has a `status` other than 200."""
        match status:
            case HTTPStatus.TOO_MANY_REQUESTS:
                return Verdict.THROTTLED
            case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return Verdict.SPLIT
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return Verdict.NO_ACCESS
            case HTTPStatus.NOT_FOUND:
                return Verdict.NOT_FOUND
            case HTTPStatus.REQUEST_TIMEOUT:
                return Verdict.RETRY
        retryable = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NON_RETRYABLE
        return Verdict.RETRY if retryable else Verdict.FAILED


class KafkaDestination(Destination):
    """Kafka topics, through the REST proxy's v2 contract: `POST /topics/<user-id>.<event>`."""

    name = DestinationName.KAFKA
    method = "POST"
    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/vnd.kafka.json.v2+json"}
    max_bytes = 9_500_000
    """API Gateway accepts bodies of 10 MB, and the commas between the records need room."""

    _path = "/topics/{}"
    _resource_name = staticmethod(topic)
    _server = "a Kafka REST proxy (v2)"
    _RETRYABLE_CODES: ClassVar = frozenset({2, 50003})
    """Temporary errors: 2 in Confluent's v2 reference, 50003 from its proxy and from ours.
    1 and 50002 are the permanent ones."""
    _FORBIDDEN_CODES: ClassVar = frozenset({40101, 40301})
    """The proxy may not sign in to Kafka, or may not write to the topic."""

    _decode = staticmethod(msgspec.json.Decoder(_KafkaAnswer).decode)

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event; its key is the index as text."""
        return b'{"key":"%d","value":%b}' % (index, payload)

    def _outcomes(self, answer: bytes) -> list[_KafkaOutcome]:
        outcomes = self._decode(answer).offsets
        if outcomes and all(one.error_code in self._FORBIDDEN_CODES for one in outcomes):
            raise ApiError(
                "The Kafka REST proxy may not sign in to Kafka, or may not write to the topics of "
                f"{self._user_id} ({outcomes[0].error_code}: {one_line(outcomes[0].message)}). "
                "Give its identity these rights."
            )
        return outcomes

    def _record_verdict(self, error_code: int | str) -> Verdict:
        return Verdict.RETRY if error_code in self._RETRYABLE_CODES else Verdict.REFUSED

    def verdict(self, status: int, answer: bytes) -> Verdict:
        """Return what to do with a whole request whose `answer` has a `status` other than 200."""
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            return Verdict.REFUSED
        return super().verdict(status, answer)


class KinesisDestination(Destination):
    """Kinesis streams, through PutRecords: `PUT /streams/streaming-<user-id>-<event>/records`."""

    name = DestinationName.KINESIS
    method = "PUT"
    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json"}
    max_bytes = 9 * 2**19
    """4.5 MiB: Kinesis accepts 5 MiB of data and keys, and the text around them counts too."""

    _path = "/streams/{}/records"
    _resource_name = staticmethod(stream_name)
    _server = "Kinesis' PutRecords"
    _RECORD_ERRORS: ClassVar[Mapping[str, Verdict]] = {
        "ProvisionedThroughputExceeded": Verdict.THROTTLED,
        "InternalFailure": Verdict.RETRY,
    }
    """The two errors that AWS documents for single records, without the suffix `Exception`."""
    _REQUEST_ERRORS: ClassVar[Mapping[str | None, Verdict]] = {
        "ProvisionedThroughputExceeded": Verdict.THROTTLED,
        "Throttling": Verdict.THROTTLED,
        "LimitExceeded": Verdict.THROTTLED,
        "KMSThrottling": Verdict.THROTTLED,
        "ResourceInUse": Verdict.RETRY,
        "ResourceNotFound": Verdict.NOT_FOUND,
        "InvalidArgument": Verdict.SPLIT,
        "Validation": Verdict.SPLIT,
        "Serialization": Verdict.SPLIT,
        None: Verdict.SPLIT,
    }
    """Kinesis refuses a whole request for one record that is too long; smaller requests find it.
    None stands for an answer of API Gateway, which does the same for an invalid record."""

    _decode = staticmethod(msgspec.json.Decoder(_KinesisAnswer).decode)

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event; its partition key is the index as text."""
        return b'{"data":%b,"partition-key":"%d"}' % (payload, index)

    def _outcomes(self, answer: bytes) -> list[_KinesisOutcome]:
        return self._decode(answer).records

    def _record_verdict(self, error_code: int | str) -> Verdict:
        return self._RECORD_ERRORS.get(_without_suffix(str(error_code)), Verdict.REFUSED)

    def verdict(self, status: int, answer: bytes) -> Verdict:
        """Return what to do with a whole request whose `answer` has a `status` other than 200."""
        if status != HTTPStatus.BAD_REQUEST:
            return super().verdict(status, answer)
        error = error_type(answer)
        return self._REQUEST_ERRORS.get(error and _without_suffix(error), Verdict.FAILED)


def _without_suffix(error: str) -> str:
    return error.removesuffix("Exception")


def destinations_of(name: DestinationName, user_id: str) -> list[Destination]:
    """Return the destinations that `name` stands for."""
    every = (KafkaDestination(user_id), KinesisDestination(user_id))
    return [one for one in every if name in {one.name, DestinationName.BOTH}]
