"""The start of a query on a machine under heavy load."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from pyspark.errors.exceptions.connect import SparkException
from pyspark.sql import DataFrame

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import event_named
from pinterest_pipeline.pipeline import _Cleaning
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.tables import Tables

LATE = SparkException("a worker failed to connect back")


class Writer:
    """Stands for the records and their writer. The first starts fail with `errors`."""

    def __init__(self, errors: list[SparkException]) -> None:
        self.writeStream = self
        self._errors = errors

    def __getattr__(self, name: str) -> Callable[..., Writer]:
        return lambda *_, **__: self

    def start(self) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return "started"


def start_after(errors: list[SparkException]) -> object:
    """Return the query that starts after `errors`."""
    records = cast("DataFrame", Writer(errors))
    tables = Tables("catalog", "schema")
    return _Cleaning(event_named("pin"), tables, "/checkpoint", records, Staging()).start()


def test_a_late_python_worker_is_started_again() -> None:
    assert start_after(5 * [LATE]) == "started"


@pytest.mark.parametrize(
    ("errors", "cause"),
    [(6 * [LATE], "6 times, Python did not start"), ([SparkException("no table")], "no table")],
)
def test_a_worker_that_is_always_late_and_any_other_error_fail(
    errors: list[SparkException], cause: str
) -> None:
    with pytest.raises(CleaningError, match=rf"(?s)all pin records.*/checkpoint.*{cause}.*rerun"):
        start_after(errors)
