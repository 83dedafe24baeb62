"""The reported micro-batches of running queries, as each version of Spark reports them."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import Row
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.monitoring import MicroBatch, Summary, follow, watch

_OLDEST = 1_704_067_200_000  # 1 January 2024
_OF_CONNECT = {"arrival": {"values": [_OLDEST], "schema": {"type": "struct"}}}


def _json(batch_id: int, records: int, observed: dict[str, Any]) -> dict[str, Any]:
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
    return {
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
    }


def _progress(batch_id: int, records: int, observed: dict[str, Any]) -> StreamingQueryProgress:
    return StreamingQueryProgress.fromJson(_json(batch_id, records, observed))


class _Query:
    """A query with one more micro-batch each time that its last progress is read."""

    def __init__(self, *batches: object, error: str | None = None) -> None:
        self.name = "clean pin"
        self.runId = uuid.UUID(int=2)
        self.stopped = False
        self.full_reads = 0
        self._batches = batches
        self._reads = 0
        self._error = error

    @property
    def isActive(self) -> bool:  # noqa: N802  # pyspark's name
        return self._reads < len(self._batches)

    @property
    def lastProgress(self) -> object:  # noqa: N802  # pyspark's name
        self._reads += 1
        return self._batches[min(self._reads, len(self._batches)) - 1] if self._batches else None

    @property
    def recentProgress(self) -> list[object]:  # noqa: N802  # pyspark's name
        self.full_reads += 1
        return list(self._batches[: self._reads])

    def awaitTermination(self, timeout: float) -> bool:  # noqa: ARG002, N802  # pyspark's names
        if self._error and not self.isActive:
            raise StreamingQueryException(self._error)
        return not self.isActive

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


def _objects(value: object) -> object:
    """Return objects instead of the dicts whose names are always the same."""
    if isinstance(value, dict) and not value.keys() & {"triggerExecution", "arrival"}:
        return SimpleNamespace(**{name: _objects(one) for name, one in value.items()})
    return [_objects(one) for one in value] if isinstance(value, list) else value


_BY_NAME = {"arrival": {"oldest": _OLDEST}}


@pytest.mark.parametrize(
    "progress",
    [
        pytest.param(_json(0, 10, _OF_CONNECT), id="a dict"),
        pytest.param(_json(0, 10, _BY_NAME), id="a dict with figures by name"),
        pytest.param(_progress(0, 10, _OF_CONNECT), id="a subclass of dict"),
        pytest.param(
            _objects(_json(0, 10, {"arrival": Row(oldest=_OLDEST)})), id="an object with a row"
        ),
        pytest.param(_objects(_json(0, 10, _BY_NAME)), id="an object"),
    ],
)
def test_each_shape_of_a_progress_is_read(progress: object) -> None:
    written_at = dt.datetime(2024, 1, 1, 0, 0, 1, 500_000, tzinfo=dt.UTC)
    batches = list(follow(_queries(_Query(progress))))
    assert batches == [MicroBatch("pin", 0, 10, 0.5, 1.5, written_at)]


def test_a_row_in_a_subclass_of_dict_is_read() -> None:
    progress = _progress(0, 10, {})
    progress.observedMetrics["arrival"] = Row(oldest=_OLDEST)
    (batch,) = follow(_queries(_Query(progress)))
    assert batch.lag_seconds == 1.5


def test_each_micro_batch_with_records_is_yielded_once() -> None:
    query = _Query(_progress(3, 10, _OF_CONNECT), _progress(4, 0, {}), _progress(5, 7, _OF_CONNECT))
    assert [(b.batch_id, b.records) for b in follow(_queries(query))] == [(3, 10), (5, 7)]


def test_the_whole_progress_is_read_only_if_the_last_one_is_not_enough() -> None:
    query = _Query(*(_progress(number, 1, _OF_CONNECT) for number in range(5)))
    assert len(list(follow(_queries(query)))) == 5
    assert query.full_reads == 0


def test_a_long_run_returns_its_last_micro_batches() -> None:
    query = _Query(*(_progress(number, 2, _OF_CONNECT) for number in range(2_000)))
    batches = watch(_queries(query), lambda _: None)
    assert [batch.batch_id for batch in batches] == list(range(1_000, 2_000))


def test_an_endless_run_is_summarized_now_and_then_and_its_end_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count(0, 5)  # a poll every five seconds
    monkeypatch.setattr("pinterest_pipeline.monitoring.monotonic", lambda: float(next(ticks)))
    polls = 20_000
    query = _Query(*(_progress(number, 2, _OF_CONNECT) for number in range(polls)))
    shown: list[Summary] = []

    with pytest.raises(CleaningError, match="'clean pin' to continue; another program stopped it"):
        watch(_queries(query), shown.append, summarize=True)

    assert [one.seconds for one in shown[:4]] == [10, 20, 40, 80]
    assert {one.seconds for one in shown[9:-1]} == {3_600}
    assert sum(len(one.batches) for one in shown) == polls
    assert sum(len(f"{one}\n") for one in shown) < 50_000  # what a cell of Databricks may print


def test_a_summary_is_one_line() -> None:
    (batch,) = _of_one(_OF_CONNECT)
    assert str(Summary(90, [batch, batch])) == (
        "00:00:01  in 1.5 min: pin 20 records in 2 micro-batches; lag at most 1.5 s"
    )
    assert str(Summary(90, [])) == "in 1.5 min: no new records"


def test_the_summary_of_an_interrupted_run_is_shown() -> None:
    failed = _Query(_progress(0, 1, _OF_CONNECT), error="no such stream")
    shown: list[Summary] = []
    with pytest.raises(CleaningError):
        watch(_queries(failed), shown.append, summarize=True)
    assert [len(one.batches) for one in shown] == [1]


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
