"""The calls as AWS' client makes them."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from .api import CONNECTIONS, Listing, Place, Shard
from .errors import ExpiredIteratorError, NotFoundError, OptionError
from .options import Options
from .position import TRIM_HORIZON
from .records import Page, decode

if TYPE_CHECKING:  # boto3 takes a third of a second, and many processes only read kept files
    from botocore.exceptions import ClientError
    from mypy_boto3_kinesis import KinesisClient

__all__ = ["Kinesis", "connect"]

_ATTEMPTS = 10
"""Of one call; botocore waits between them, longer each time, when it is throttled."""


class Kinesis:
    """AWS' Kinesis, or another one that speaks its protocol."""

    def __init__(self, client: KinesisClient) -> None:
        client.meta.events.register("before-parse.kinesis.GetRecords", _decode_early)
        self._client = client

    def shards(self, stream: str) -> Listing:
        """Return the shards of `stream`.

        Raises:
            NotFoundError: Raised when there is no such stream.
        """
        asked = time.time()
        try:
            answer = self._client.list_shards(StreamName=stream)
        except self._client.exceptions.ResourceNotFoundException as error:
            raise NotFoundError(f"stream {stream}", _said(error)) from error
        at = _server_time(answer["ResponseMetadata"]["HTTPHeaders"], asked)
        listed = list(answer["Shards"])
        while token := answer.get("NextToken"):
            answer = self._client.list_shards(NextToken=token)
            listed += answer["Shards"]
        return Listing([_shard(stream, shard) for shard in listed], at)

    def iterator(self, shard: Shard, place: Place) -> str:
        """Return an iterator that begins at `place`; it lives for five minutes.

        Raises:
            NotFoundError: Raised when there is no such shard, or no such record was ever in it.
        """
        start: dict[str, Any]
        if place.at is not None:
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": place.at}
        elif place.began == TRIM_HORIZON:
            start = {"ShardIteratorType": TRIM_HORIZON}
        else:
            moment = datetime.fromtimestamp(float(place.began), UTC)
            start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment}
        errors = self._client.exceptions
        try:
            answer = self._client.get_shard_iterator(
                StreamName=shard.stream, ShardId=shard.id, **start
            )
        except (errors.ResourceNotFoundException, errors.InvalidArgumentException) as error:
            what = f"a record {place.at}" if place.at else "a beginning"
            msg = f"{what} in stream {shard.stream}, shard {shard.id}"
            raise NotFoundError(msg, _said(error)) from error
        return answer["ShardIterator"]

    def page(self, iterator: str, limit: int) -> Page:
        """Return at most `limit` records.

        Raises:
            ExpiredIteratorError: Raised when `iterator` is too old.
        """
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


def _said(error: ClientError) -> str:
    return str(error.response["Error"].get("Message"))


def _shard(stream: str, listed: Any) -> Shard:  # noqa: ANN401  # a TypedDict of the stubs
    parents = (listed.get("ParentShardId"), listed.get("AdjacentParentShardId"))
    return Shard(stream, listed["ShardId"], tuple(parent for parent in parents if parent))


def _server_time(headers: dict[str, str], asked: float) -> float:
    """Return the time of the answer by Kinesis' clock, exact where ours agrees with it.

    Kinesis takes no place of the future, and gives its time in whole seconds.
    """
    told = parsedate_to_datetime(headers["date"]).timestamp()
    return asked if told - 1 <= asked < told + 1 else told
