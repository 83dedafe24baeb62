"""Tests of this repository, run through databricks-connect against the session's server."""

from __future__ import annotations

import os
import subprocess

import pytest

from local.secrets import Secrets
from local.settings import ROOT, Settings
from tests.support.databricks_connect import command_of, local_variables

_SPARK = "tests/spark/pinterest_pipeline"
# Pure Python, a MERGE, and a streaming query with foreachBatch.
SELECTION = (
    "tests/unit/pinterest_pipeline/test_events.py",
    f"{_SPARK}/test_tables.py::test_merging_equal_rows_changes_nothing_null_and_arrays_included",
    f"{_SPARK}/test_pipeline.py::test_each_record_ends_in_its_clean_table_or_rejected_and_is_counted",
)


@pytest.mark.usefixtures("spark")
def test_the_library_works_through_databricks_connect(settings: Settings, secrets: Secrets) -> None:
    environment = ".local/venvs/databricks-connect/.done"
    subprocess.run(["make", "--silent", environment], cwd=ROOT, check=True)

    result = subprocess.run(
        command_of(["-p", "no:cacheprovider", *SELECTION], is_remote=False),
        cwd=ROOT,
        env=local_variables(os.environ, settings, secrets),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-3_000:] + result.stderr[-2_000:]
    assert "spark client: databricks-connect 19." in result.stdout
    assert " passed" in result.stdout.splitlines()[-1]
    assert "skipped" not in result.stdout.splitlines()[-1]
