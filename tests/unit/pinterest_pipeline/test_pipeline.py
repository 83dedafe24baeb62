"""The start of a query on a machine under heavy load."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkException
from pyspark.errors.exceptions.connect import SparkException
from pyspark.errors.exceptions.connect import StreamingQueryException as QueryException

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import event_named
from pinterest_pipeline.pipeline import _Cleaning
from pinterest_pipeline.tables import Tables

CLEANING = _Cleaning(event_named("pin"), Tables("catalog", "schema"), "/checkpoint")
LATE = "a worker failed to connect back"


def run_after(*errors: PySparkException) -> str:
    """Return the result of a run that first fails with `errors`."""
    remaining = list(errors)

    def run() -> str:
        if remaining:
            raise remaining.pop(0)
        return "done"

    return CLEANING.retry_worker_start(run)


def test_a_late_python_worker_is_started_again() -> None:
    # The start of a query raises the first error, its end the second.
    assert run_after(SparkException(LATE), *4 * [QueryException(LATE)]) == "done"


@pytest.mark.parametrize("errors", [6 * [QueryException(LATE)], [SparkException("no such table")]])
def test_a_worker_that_is_always_late_and_any_other_error_fail(
    errors: list[PySparkException],
) -> None:
    with pytest.raises(CleaningError, match=r"(?s)all pin records.*/checkpoint.*rerun"):
        run_after(*errors)
