"""Requests, answers and errors of Confluent's REST Proxy, API v2, JSON embedded format.

Source: docs.confluent.io, "REST Proxy API Reference", v2, and the numbers of its `Errors` class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

import msgspec

__all__ = [
    "ANSWER_TYPE",
    "PRODUCE_TYPE",
    "Answer",
    "BrokerUnreachableError",
    "CredentialsError",
    "ErrorAnswer",
    "ErrorCode",
    "KafkaRestError",
    "ProduceAnswer",
    "Record",
    "RecordResult",
    "RequestError",
    "read_records",
]

PRODUCE_TYPE: Final = "application/vnd.kafka.json.v2+json"
ANSWER_TYPE: Final = "application/vnd.kafka.v2+json"

_NULL: Final = b"null"
_KEY_LIMIT: Final = 2**63
"""Larger numbers are no index. Their text could be as long as their exponent says."""


class ErrorCode(IntEnum):
    """The `error_code` of an answer, or of one record in it."""

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    TIMED_OUT = 408
    TOO_LARGE = 413
    UNSUPPORTED_MEDIA_TYPE = 415
    UNPROCESSABLE = 422
    BUSY = 429
    KAFKA_AUTHENTICATION = 40101
    KAFKA_AUTHORIZATION = 40301
    TOPIC_NOT_FOUND = 40401
    PARTITION_NOT_FOUND = 40402
    KAFKA = 50002
    KAFKA_RETRIABLE = 50003
    BROKER_NOT_AVAILABLE = 50302


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """One record to produce.

    Attributes:
        value: The exact bytes of the value's JSON text; they become the record's value.
        key: The exact bytes of the key's JSON text, so a text keeps its quotes, as with Confluent's
            proxy. JSON's `null` means that the record has no key of its own.
        partition: None leaves the choice to the key.
    """

    value: msgspec.Raw
    key: msgspec.Raw = msgspec.Raw(_NULL)
    partition: int | None = None

    def key_in(self, topic: str) -> bytes | None:
        """Return the bytes of the key in Kafka; None for a record without a key.

        A record without a key of its own gets the index of its post, like the emulator's records.
        So all versions of a post are in one partition, in order. The index is the field `index` of
        a pin and `ind` of another event. In other topics, it is the first usable one of the two.
        """
        return _bytes_in_kafka(self.key) or _key_of(self.value, topic)

    @property
    def value_bytes(self) -> bytes | None:
        """The bytes of the value in Kafka; None for JSON's `null`, as with Confluent's proxy."""
        return _bytes_in_kafka(self.value)


class _ProduceRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /topics/{topic}`."""

    records: list[Record]


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """A produce request whose records are not decoded, which takes a tenth of the time."""

    records: list[msgspec.Raw]


class _Pin(msgspec.Struct):
    """The field of a pin that holds the index of its post."""

    ind: int | float | str = msgspec.field(name="index")


class _OtherEvent(msgspec.Struct):
    """The field of another event that holds the index of its post.

    It may have a field `index`, too, such as the row numbers that pandas' `reset_index` adds.
    """

    ind: int | float | str


class RecordResult(msgspec.Struct, frozen=True):
    """The result of one record: its partition and offset, or the error."""

    partition: int | None = None
    offset: int | None = None
    error_code: int | None = None
    error: str | None = None


class ProduceAnswer(msgspec.Struct, frozen=True):
    """The answer to a produce request: one result per record, in the order of the records."""

    offsets: list[RecordResult]
    key_schema_id: None = None
    value_schema_id: None = None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The answer to a request that failed as a whole."""

    error_code: int
    message: str


class KafkaRestError(Exception):
    """Base of all errors of this package."""


class BrokerUnreachableError(KafkaRestError):
    """Raised when no broker answers."""


class CredentialsError(KafkaRestError):
    """Raised when a credential is missing: of this machine for AWS, or of the proxy's clients."""


class RequestError(KafkaRestError):
    """Raised when a request fails as a whole, with one error for all of its records.

    The status of the answer is the first three digits of its code.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.status = int(str(code.value)[:3])
        self.answer = ErrorAnswer(error_code=code, message=message)


Answer = ProduceAnswer | ErrorAnswer | list[str]

_envelope_decoder = msgspec.json.Decoder(_Envelope)
_request_decoder = msgspec.json.Decoder(_ProduceRequest)
_pin_decoder = msgspec.json.Decoder(_Pin)
_other_decoder = msgspec.json.Decoder(_OtherEvent)
_decoders_of_event: Final[Mapping[str, Sequence[msgspec.json.Decoder[Any]]]] = {
    "pin": [_pin_decoder],
    "geo": [_other_decoder],
    "user": [_other_decoder],
}


def read_records(body: bytes | bytearray, max_records: int) -> list[Record]:
    """Return the records of the produce request in `body`.

    Raises:
        RequestError: Raised when the body is not JSON, has another shape, or holds no record or
            more than `max_records`.
    """
    try:
        count = len(_envelope_decoder.decode(body).records)
        if count > max_records:
            raise RequestError(
                ErrorCode.TOO_LARGE,
                f"Expected at most {max_records} records, got {count}: send fewer at once",
            )
        records = _request_decoder.decode(body).records
    except msgspec.ValidationError as error:
        raise RequestError(ErrorCode.UNPROCESSABLE, str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        reason = error if isinstance(error, msgspec.DecodeError) else "JSON is nested too deeply"
        raise RequestError(ErrorCode.BAD_REQUEST, f"Malformed JSON: {reason}") from error
    if not records:
        raise RequestError(ErrorCode.UNPROCESSABLE, "records must hold at least one record")
    return records


def _key_of(value: msgspec.Raw, topic: str) -> bytes | None:
    """Return the JSON text of the post's index as text; None for a value without an index."""
    event = topic.rpartition(".")[2]
    decoders = _decoders_of_event.get(event, [_pin_decoder, _other_decoder])
    return next(filter(None, (_key_by(decoder, value) for decoder in decoders)), None)


def _key_by(decoder: msgspec.json.Decoder[Any], value: msgspec.Raw) -> bytes | None:
    """Return the key of a value with the field that `decoder` reads.

    All forms of a whole number have one key: 17, 17.0, "17" and " 1.7e1 ".
    """
    try:
        number = Decimal(str(decoder.decode(value).ind).strip())
        whole = number.to_integral_value()
    except (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError):
        return None
    is_index = whole == number and -_KEY_LIMIT < whole < _KEY_LIMIT
    return b'"%d"' % int(whole) if is_index else None


def _bytes_in_kafka(json_text: msgspec.Raw) -> bytes | None:
    text = bytes(json_text)
    return None if text == _NULL else text
