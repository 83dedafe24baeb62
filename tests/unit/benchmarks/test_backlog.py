"""What is put into a stream: everything, in calls that Kinesis takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef as _Record

from benchmarks.backlog import put


class _Kinesis:
    """Takes records, but for those with the partition key `refused`."""

    def __init__(self, refused: str = "") -> None:
        self.calls: list[list[_Record]] = []
        self._refused = refused

    def put_records(self, *, StreamName: str, Records: Sequence[_Record]) -> dict[str, int]:  # noqa: N803
        assert StreamName == "streaming-me-pin"
        self.calls.append(list(Records))
        return {"FailedRecordCount": sum(r["PartitionKey"] == self._refused for r in Records)}


def _put(kinesis: _Kinesis, batches: list[list[bytes]]) -> int:
    return put(cast("KinesisClient", kinesis), "streaming-me-pin", batches)


def test_all_records_go_once_with_their_numbers_500_at_most_in_a_call() -> None:
    kinesis = _Kinesis()
    batches = [[b"%d" % n for n in range(700)], [b"%d" % n for n in range(700, 20_001)]]

    assert _put(kinesis, batches) == 20_001
    assert max(map(len, kinesis.calls)) == 500
    sent = {record["PartitionKey"]: record["Data"] for call in kinesis.calls for record in call}
    assert sum(map(len, kinesis.calls)) == 20_001
    assert sent == {str(n): b"%d" % n for n in range(20_001)}


def test_a_refused_record_ends_it() -> None:
    with pytest.raises(SystemExit, match="streaming-me-pin to take all records; it refused 1"):
        _put(_Kinesis(refused="1"), [[b"a", b"b", b"c"]])
