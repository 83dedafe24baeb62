"""Tests of this repository, run through databricks-connect against the session's server."""

from __future__ import annotations

import os
import subprocess

import pytest

from local.secrets import Secrets
from local.settings import ROOT, Settings
from tests.support.databricks_connect import command_of, local_variables

SELECTION = (
    "tests/unit/pinterest_pipeline/test_events.py",
    "tests/spark/pinterest_pipeline/test_tables.py",
    "tests/spark/pinterest_pipeline/test_pipeline.py",
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
