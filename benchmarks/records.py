"""The records that benchmarks clean: synthetic lines, put into the landing bucket or a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched, chain, islice

from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

from emulation.payloads import EVENTS, PayloadEncoder
from emulation.synthetic.posts import synthetic_posts
from ingestion.kinesis import create_streams
from local.environment import Environment
from pinterest_pipeline.names import stream_names

__all__ = ["batches_of_lines", "land", "lines_of", "put", "recreate_streams"]

_THREADS = 4
_LINES_PER_BATCH = 10_000
_TRUNCATED_EVERY = 1_000
_RECORDS_PER_CALL = 500
"""Kinesis accepts no more records in one call."""


def batches_of_lines(posts: int, *, truncated: bool = False) -> Iterator[dict[str, list[bytes]]]:
    """Yield the JSON lines of each event, 10,000 posts at a time.

    With `truncated`, 0.1 % of the lines end too early.
    """
    encoders = [PayloadEncoder(event) for event in EVENTS]
    source = synthetic_posts(posts)
    while batch := list(islice(source, _LINES_PER_BATCH)):
        lines = {
            event.name: [line for line in encoder.payloads(rows) if isinstance(line, bytes)]
            for event, encoder, rows in zip(EVENTS, encoders, zip(*batch, strict=True), strict=True)
        }
        yield {name: _truncate(some) for name, some in lines.items()} if truncated else lines


def lines_of(event: str, posts: int) -> Iterator[list[bytes]]:
    """Return the lines of one event, 10,000 at a time."""
    return (batch[event] for batch in batches_of_lines(posts))


def _truncate(lines: list[bytes]) -> list[bytes]:
    return [line[:-9] if n % _TRUNCATED_EVERY == 0 else line for n, line in enumerate(lines)]


def land(
    environment: Environment,
    topic: str,
    objects: Iterable[list[bytes]],
    threads: int = _THREADS,
    first_offset: int = 0,
) -> int:
    """Return the number of lines, after each list of lines is an object of partition 0 of `topic`.

    There are `threads` uploads at a time; with one thread, the objects arrive in order. The first
    line has the offset `first_offset`.
    """
    s3, bucket = environment.s3, environment.settings.bucket

    def upload(offset: int, lines: list[bytes]) -> None:
        key = f"topics/{topic}/partition=0/{topic}+0+{offset:010d}.json"
        s3.put_object(Bucket=bucket, Key=key, Body=b"\n".join(lines) + b"\n")

    offset = first_offset
    with ThreadPoolExecutor(threads) as pool:
        uploads = []
        for lines in objects:
            uploads.append(pool.submit(upload, offset, lines))
            offset += len(lines)
        for one in uploads:
            one.result()
    return offset - first_offset


def recreate_streams(environment: Environment, shards: int) -> None:
    """Replace the user's streams by empty ones with `shards` shards each."""
    user_id = environment.settings.user_id
    for name in stream_names(user_id):
        environment.kinesis.delete_stream(StreamName=name)
        environment.kinesis.get_waiter("stream_not_exists").wait(StreamName=name)
    create_streams(environment.kinesis, user_id, shards)


def put(kinesis: KinesisClient, stream: str, payloads: Iterable[list[bytes]]) -> int:
    """Return the number of records, after all `payloads` are in `stream`.

    The partition key of each is its number as text.

    Raises:
        SystemExit: Raised when Kinesis rejected a record.
    """

    def call(records: tuple[PutRecordsRequestEntryTypeDef, ...]) -> int:
        failed = kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"]
        if failed:
            raise SystemExit(f"expected {stream} to accept all records; it rejected {failed}")
        return len(records)

    total = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        # A few calls at a time, so that the waiting records fit into memory.
        for calls in batched(batched(_entries(payloads), _RECORDS_PER_CALL), 8 * _THREADS):
            total += sum(pool.map(call, calls))
    return total


def _entries(payloads: Iterable[list[bytes]]) -> Iterator[PutRecordsRequestEntryTypeDef]:
    for number, payload in enumerate(chain.from_iterable(payloads)):
        yield {"Data": payload, "PartitionKey": str(number)}
