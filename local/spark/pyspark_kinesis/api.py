"""The three calls of Kinesis that the source makes."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ExpiredIteratorError, OptionError
from .options import Options
from .position import TRIM_HORIZON
from .records import Page, decode

if TYPE_CHECKING:  # boto3 takes a third of a second, and many processes only read kept files
    from mypy_boto3_kinesis import KinesisClient

__all__ = ["Api", "Listing", "Place", "Shard", "connect"]

CONNECTIONS = 8
"""Shards that one query reads at the same time."""
_ATTEMPTS = 10
"""Of one call; botocore waits between them, longer each time, when it is throttled."""


@dataclass(frozen=True)
class Shard:
    """A shard, and the shards it was made of by a split or a merge (none, one or two ids)."""

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
class Place:
    """A place in a shard: at a record, or where a new query begins.

    Attributes:
        at: The record's sequence number; null means `began`.
        began: `TRIM_HORIZON`, or seconds since 1970.
    """

    at: str | None
    began: str | float


class Api(Protocol):
    """Kinesis, as far as the source needs it."""

    def shards(self, stream: str) -> Listing:
        """Return the shards of `stream`."""

    def iterator(self, shard: Shard, place: Place) -> str:
        """Return an iterator that begins at `place`; it lives for five minutes."""

    def page(self, iterator: str, limit: int) -> Page:
        """Return at most `limit` records.

        Raises:
            ExpiredIteratorError: Raised when `iterator` is too old.
        """


class Kinesis:
    """AWS' Kinesis, or another one that speaks its protocol."""

    def __init__(self, client: KinesisClient) -> None:
        client.meta.events.register("before-parse.kinesis.GetRecords", _decode_early)
        self._client = client

    def shards(self, stream: str) -> Listing:
        asked = time.time()
        answer = self._client.list_shards(StreamName=stream)
        at = _server_time(answer["ResponseMetadata"]["HTTPHeaders"], asked)
        listed = list(answer["Shards"])
        while token := answer.get("NextToken"):
            answer = self._client.list_shards(NextToken=token)
            listed += answer["Shards"]
        return Listing([_shard(stream, shard) for shard in listed], at)

    def iterator(self, shard: Shard, place: Place) -> str:
        start: dict[str, Any]
        if place.at is not None:
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": place.at}
        elif place.began == TRIM_HORIZON:
            start = {"ShardIteratorType": TRIM_HORIZON}
        else:
            moment = datetime.fromtimestamp(float(place.began), UTC)
            start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment}
        answer = self._client.get_shard_iterator(StreamName=shard.stream, ShardId=shard.id, **start)
        return answer["ShardIterator"]

    def page(self, iterator: str, limit: int) -> Page:
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
        except self._client.exceptions.ExpiredIteratorException as error:
            raise ExpiredIteratorError from error
        page: Page = answer["Page"]  # type: ignore[typeddict-item]  # by _decode_early
        return page


@functools.cache
def connect(options: Options) -> Kinesis:
    """Return the Kinesis that `options` name: one client for a process, whatever asks for it.

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
        msg = "expected a region; the server's AWS configuration has none: give the option region"
        raise OptionError(msg) from error
    return Kinesis(client)


def _decode_early(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Leave nothing of a good answer for botocore to parse."""
    if response_dict["status_code"] == 200:
        customized_response_dict["Page"] = decode(response_dict["body"])
        response_dict["body"] = b"{}"


def _shard(stream: str, listed: Any) -> Shard:  # noqa: ANN401  # a TypedDict of the stubs
    parents = (listed.get("ParentShardId"), listed.get("AdjacentParentShardId"))
    return Shard(stream, listed["ShardId"], tuple(parent for parent in parents if parent))


def _server_time(headers: dict[str, str], asked: float) -> float:
    """Return the time of the answer by Kinesis' clock, exact where ours agrees with it.

    Kinesis takes no place of the future, and gives its time in whole seconds.
    """
    told = parsedate_to_datetime(headers["date"]).timestamp()
    return asked if told - 1 <= asked < told + 1 else told
