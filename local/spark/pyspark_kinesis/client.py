"""The Kinesis API, as far as the source needs it: four calls, their arguments and results."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import ExpiredIteratorError, NotFoundError, OptionError
from .options import TRIM_HORIZON, Options

if TYPE_CHECKING:  # boto3 takes a third of a second to import, and most tasks do not need it
    from botocore.exceptions import ClientError
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import StreamDescriptionSummaryTypeDef

__all__ = [
    "CONNECTIONS",
    "Kinesis",
    "Listing",
    "Page",
    "Record",
    "Shard",
    "ShardPosition",
    "connect",
]

CONNECTIONS = 8
"""Shards that one query reads at the same time."""

_ATTEMPTS = 10
"""Attempts of one call; botocore waits between them with exponential back-off."""


@dataclass(frozen=True)
class Shard:
    """A shard, and the ids of its parents: none, one (split) or two (merge)."""

    stream: str
    id: str
    parents: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: str) -> Shard:
        """Return the shard that `key` names, without its parents."""
        stream, shard_id = key.split("/")
        return cls(stream, shard_id)

    @property
    def key(self) -> str:
        """Its name among the shards of all streams."""
        return f"{self.stream}/{self.id}"

    @property
    def parent_keys(self) -> list[str]:
        """The names of its parents among the shards of all streams."""
        return [f"{self.stream}/{parent}" for parent in self.parents]


@dataclass(frozen=True)
class Listing:
    """The shards of a stream, closed ones included, and Kinesis' time in seconds since 1970."""

    shards: list[Shard]
    at: float


@dataclass(frozen=True)
class ShardPosition:
    """A position in a shard: at a record, or where a new query starts.

    Attributes:
        at: The record's sequence number; null means `began`.
        began: `TRIM_HORIZON`, or seconds since 1970.
    """

    at: str | None
    began: str | float

    def to_request(self) -> dict[str, Any]:
        """Return the position as arguments of GetShardIterator."""
        if self.at is not None:
            return {
                "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                "StartingSequenceNumber": self.at,
            }
        if self.began == TRIM_HORIZON:
            return {"ShardIteratorType": TRIM_HORIZON}
        moment = datetime.fromtimestamp(float(self.began), UTC)
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment}


class Record(msgspec.Struct, rename="pascal"):
    """One record of a shard.

    Attributes:
        sequence_number: Decimal digits; they increase within a shard.
        approximate_arrival_timestamp: Seconds since 1970.
        data: The bytes of the record.
        partition_key: The key that selected the shard.
    """

    sequence_number: str
    approximate_arrival_timestamp: float
    data: bytes
    partition_key: str


@dataclass(frozen=True)
class Page:
    """The result of one GetRecords call.

    Attributes:
        records: In the order of the shard; may be empty although more follow.
        iterator: The next iterator; null where the shard is closed and read to its end.
        milliseconds_behind: Distance of the page to the shard's latest record; 0 at the tip.
        at: Kinesis' time of the call, in seconds since 1970.
    """

    records: Sequence[Record]
    iterator: str | None
    milliseconds_behind: int
    at: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of the records' data."""
        return sum(len(record.data) for record in self.records)


class Kinesis:
    """AWS' Kinesis, or a server that speaks its protocol."""

    def __init__(self, client: KinesisClient) -> None:
        client.meta.events.register(
            "before-parse.kinesis.GetRecords", _decode_early, unique_id="decode-early"
        )
        self._client = client
        self._summaries: dict[str, StreamDescriptionSummaryTypeDef] = {}

    def shards(self, stream: str) -> Listing:
        """Return the shards of `stream`.

        Raises:
            NotFoundError: Raised when there is no such stream.
        """
        asked_at = time.time()
        try:
            answer = self._client.list_shards(StreamName=stream)
        except self._client.exceptions.ResourceNotFoundException as error:
            raise NotFoundError(f"stream {stream}", _message(error)) from error
        at = _server_time(answer, asked_at)
        listed = list(answer["Shards"])
        while token := answer.get("NextToken"):
            answer = self._client.list_shards(NextToken=token)
            listed += answer["Shards"]
        return Listing([_shard(stream, shard) for shard in listed], at)

    def retention_seconds(self, stream: str) -> int:
        """Return how long `stream` keeps a record. It is asked for once in the process."""
        return self._summary(stream)["RetentionPeriodHours"] * 3600

    def iterator(self, shard: Shard, position: ShardPosition) -> str:
        """Return an iterator that starts at `position`; it is valid for five minutes.

        Raises:
            NotFoundError: Raised when there is no such shard, or it never had such a record.
        """
        errors = self._client.exceptions
        try:
            answer = self._client.get_shard_iterator(
                StreamName=shard.stream, ShardId=shard.id, **position.to_request()
            )
        except (errors.ResourceNotFoundException, errors.InvalidArgumentException) as error:
            start = f"a record {position.at}" if position.at else "a beginning"
            expected = f"{start} in stream {shard.stream}, shard {shard.id}"
            raise NotFoundError(expected, _message(error)) from error
        return answer["ShardIterator"]

    def page(self, stream: str, iterator: str, limit: int) -> Page:
        """Return at most `limit` records of `stream`.

        Raises:
            ExpiredIteratorError: Raised when `iterator` is too old.
        """
        # A policy may allow single streams. The local Kinesis can check it only by the ARN.
        arn = self._summary(stream)["StreamARN"]
        asked_at = time.time()
        try:
            answer = self._client.get_records(StreamARN=arn, ShardIterator=iterator, Limit=limit)
        except self._client.exceptions.ExpiredIteratorException as error:
            raise ExpiredIteratorError from error
        page: Page = answer["Page"]  # type: ignore[typeddict-item]  # by _decode_early
        return replace(page, at=_server_time(answer, asked_at))

    def _summary(self, stream: str) -> StreamDescriptionSummaryTypeDef:
        if stream not in self._summaries:
            answer = self._client.describe_stream_summary(StreamName=stream)
            self._summaries[stream] = answer["StreamDescriptionSummary"]
        return self._summaries[stream]


@functools.cache
def connect(options: Options) -> Kinesis:
    """Return the Kinesis that `options` name. A process has one client for the same options.

    Raises:
        OptionError: Raised when there is no region.
    """
    import boto3  # noqa: PLC0415  # see above
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import NoRegionError  # noqa: PLC0415

    secret = options.aws_secret_key.get_secret_value() if options.aws_secret_key else None
    try:
        client = boto3.Session().client(
            "kinesis",
            region_name=options.region,
            endpoint_url=options.endpoint_url,
            aws_access_key_id=options.aws_access_key,
            aws_secret_access_key=secret,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                max_pool_connections=CONNECTIONS,
            ),
        )
    except NoRegionError as error:
        msg = "expected a region; the server's AWS configuration has none: set the option region"
        raise OptionError(msg) from error
    return Kinesis(client)


class _Answer(msgspec.Struct, rename="pascal"):
    records: list[Record]
    next_shard_iterator: str | None = None
    millis_behind_latest: int = 0


_DECODER = msgspec.json.Decoder(_Answer)


def _decode_early(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Decode a successful answer before botocore does: its parser takes seven times as long."""
    if response_dict["status_code"] == 200:
        answer = _DECODER.decode(response_dict["body"])
        customized_response_dict["Page"] = Page(
            answer.records, answer.next_shard_iterator, answer.millis_behind_latest
        )
        response_dict["body"] = b"{}"


def _message(error: ClientError) -> str:
    return str(error.response["Error"].get("Message"))


def _shard(stream: str, listed: Any) -> Shard:  # noqa: ANN401  # a TypedDict of the stubs
    parents = (listed.get("ParentShardId"), listed.get("AdjacentParentShardId"))
    return Shard(stream, listed["ShardId"], tuple(parent for parent in parents if parent))


def _server_time(answer: Any, asked_at: float) -> float:  # noqa: ANN401  # TypedDicts of the stubs
    """Return the time of the answer by Kinesis' clock, which has a resolution of one second.

    Where the local clock agrees with it, return the local time, which is exact. Kinesis rejects
    positions in the future.
    """
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    answered_at = parsedate_to_datetime(headers["date"]).timestamp()
    return asked_at if answered_at - 1 <= asked_at < answered_at + 1 else answered_at
