"""Triggers with records and without, told apart; and waiting for records."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pyspark.sql.streaming.query import StreamingQuery

from benchmarks.triggers import await_records, empty, full
from local.errors import StackError


@dataclass
class _Query:
    """What a query tells of its triggers: the records of each; null made no micro-batch."""

    triggers: list[int | None]
    isActive: bool = True  # noqa: N815  # pyspark's name
    name: str = "clean pin"

    @property
    def recentProgress(self) -> list[Any]:  # noqa: N802  # pyspark's name
        return [
            SimpleNamespace(
                batchId=number,
                sources=[SimpleNamespace(numInputRows=records or 0)],
                durationMs={"triggerExecution": 9}
                | ({"addBatch": 5} if records is not None else {}),
            )
            for number, records in enumerate(self.triggers)
        ]

    def exception(self) -> str:
        return "the disk is full"


def _query(*triggers: int | None, active: bool = True) -> StreamingQuery:
    return cast("StreamingQuery", _Query(list(triggers), active))


def test_a_micro_batch_without_records_is_neither_full_nor_empty() -> None:
    query = _query(3, None, 0, 2, None)

    assert [progress.batchId for progress in full(query)] == [0, 3]
    assert [progress.batchId for progress in empty(query)] == [1, 4]


def test_records_of_all_triggers_count() -> None:
    await_records([_query(3, None, 2)], 5, seconds=0)


def test_too_few_records_are_told_with_the_query() -> None:
    with pytest.raises(StackError, match="6 records of 'clean pin'"):
        await_records([_query(3, 2)], 6, seconds=0)


def test_a_query_that_ended_is_not_waited_for() -> None:
    with pytest.raises(SystemExit, match="'clean pin' to run on; it ended: the disk is full"):
        await_records([_query(3, active=False)], 5, seconds=60)
