"""What lies in a stream for a benchmark: put there as fast as Kinesis takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched, chain

from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

__all__ = ["put"]

_THREADS = 4
_CALL = 500
"""The most records that Kinesis takes in one call."""


def put(kinesis: KinesisClient, stream: str, payloads: Iterable[list[bytes]]) -> int:
    """Put `payloads` into `stream`, each with its number, as text, for a partition key.

    Returns:
        How many records that were.

    Raises:
        SystemExit: Raised when Kinesis did not take a record.
    """

    def call(records: tuple[PutRecordsRequestEntryTypeDef, ...]) -> int:
        failed = kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"]
        if failed:
            raise SystemExit(f"expected {stream} to take all records; it refused {failed}")
        return len(records)

    total = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        # A few calls at a time, so that what is waiting fits into memory.
        for calls in batched(batched(_records(payloads), _CALL), 8 * _THREADS):
            total += sum(pool.map(call, calls))
    return total


def _records(payloads: Iterable[list[bytes]]) -> Iterator[PutRecordsRequestEntryTypeDef]:
    for number, payload in enumerate(chain.from_iterable(payloads)):
        yield {"Data": payload, "PartitionKey": str(number)}
