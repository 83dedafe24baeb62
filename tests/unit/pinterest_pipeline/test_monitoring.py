"""The reported micro-batches of running queries, with and without Spark Connect."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, cast

import pytest
from pyspark.sql import Row
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.monitoring import MicroBatch, follow, watch

_OLDEST = 1_704_067_200_000  # 1 January 2024
_OF_CONNECT = {"arrival": {"values": [_OLDEST], "schema": {"type": "struct"}}}


def _progress(batch_id: int, records: int, observed: dict[str, Any]) -> StreamingQueryProgress:
    source = {
        "description": "kinesis",
        "startOffset": "",
        "endOffset": "",
        "latestOffset": "",
        "numInputRows": records,
        "inputRowsPerSecond": 0.0,
        "processedRowsPerSecond": 0.0,
        "metrics": {},
    }
    return StreamingQueryProgress.fromJson({
        "id": str(uuid.UUID(int=1)),
        "runId": str(uuid.UUID(int=2)),
        "name": "clean pin",
        "timestamp": "2024-01-01T00:00:01.000Z",
        "batchId": batch_id,
        "batchDuration": 500,
        "durationMs": {"triggerExecution": 500},
        "stateOperators": [],
        "sources": [source],
        "sink": {"description": "ForeachBatchSink", "numOutputRows": -1, "metrics": {}},
        "observedMetrics": observed,
    })


class _Query:
    """A query with one more micro-batch each time that its progress is read."""

    def __init__(self, *batches: StreamingQueryProgress, error: str | None = None) -> None:
        self.name = "clean pin"
        self.runId = uuid.UUID(int=2)
        self.stopped = False
        self._batches = batches
        self._reads = 0
        self._error = error

    @property
    def isActive(self) -> bool:  # noqa: N802  # pyspark's name
        return self._reads < len(self._batches)

    @property
    def recentProgress(self) -> list[StreamingQueryProgress]:  # noqa: N802  # pyspark's name
        self._reads += 1
        return list(self._batches[: self._reads])

    def exception(self) -> Exception | None:
        return Exception(self._error) if self._error else None

    def stop(self) -> None:
        self.stopped = True


def _queries(*queries: _Query) -> list[StreamingQuery]:
    return cast("list[StreamingQuery]", list(queries))


def _of_one(observed: dict[str, Any]) -> list[MicroBatch]:
    return list(follow(_queries(_Query(_progress(0, 10, observed)))))


def test_a_micro_batch_has_size_speed_and_lag() -> None:
    (batch,) = _of_one(_OF_CONNECT)
    written_at = dt.datetime(2024, 1, 1, 0, 0, 1, 500_000, tzinfo=dt.UTC)
    assert batch == MicroBatch("pin", 0, 10, 0.5, 1.5, written_at)
    assert batch.records_per_second == 20
    assert str(batch) == (
        "00:00:01  pin   batch 0          10 records       20 records/s     0.5 s  lag 1.5 s"
    )


def test_the_lag_is_the_same_without_spark_connect() -> None:
    progress = _progress(0, 10, {})
    progress.observedMetrics["arrival"] = Row(oldest=_OLDEST)
    (batch,) = follow(_queries(_Query(progress)))
    assert batch.lag_seconds == 1.5


def test_each_micro_batch_with_records_is_yielded_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pinterest_pipeline.monitoring._POLL_SECONDS", 0)
    query = _Query(_progress(3, 10, _OF_CONNECT), _progress(4, 0, {}), _progress(5, 7, _OF_CONNECT))
    assert [(b.batch_id, b.records) for b in follow(_queries(query))] == [(3, 10), (5, 7)]


def test_a_query_that_failed_is_an_error_and_the_others_are_stopped() -> None:
    failed, other = _Query(error="no such stream"), _Query(*[_progress(0, 1, _OF_CONNECT)] * 9)
    with pytest.raises(CleaningError, match=r"(?s)'clean pin' .* no such stream.* query resumes"):
        watch(_queries(failed, other), print)
    assert other.stopped


def test_an_interrupt_stops_the_queries() -> None:
    query = _Query(*[_progress(0, 1, _OF_CONNECT)] * 9)

    def interrupt(_: MicroBatch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(_queries(query), interrupt)
    assert query.stopped
