"""The DAG as each supported version of Airflow reads it, and its runs of small jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import pytest

from local.airflow import connection
from tests.contract.airflow.conftest import VERSIONS, Installation, Jobs, Result

FIRST, SECOND = "2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00"
RUNS = {
    "passes": ("passes", FIRST),
    "same try": ("passes", FIRST),
    "next day": ("passes", SECOND),
    "fails": ("fails", FIRST),
    "missing": ("no_such_job", FIRST),
    "refused": ("passes", FIRST),
}


@dataclass(frozen=True)
class Outcome:
    """What one version of Airflow made of the DAG and of its runs."""

    version: str
    result: Result

    def state(self, name: str) -> str:
        return self.result.states[list(RUNS).index(name)]

    def log(self, name: str) -> str:
        return self.result.logs[list(RUNS).index(name)]


@pytest.fixture(scope="module", params=VERSIONS)
def outcome(
    request: pytest.FixtureRequest, installed: Callable[[str], Installation], jobs: Jobs
) -> Outcome:
    """Give the DAG and all runs of one version: a process of Airflow takes 10 s to start."""
    version = cast("str", request.param)
    jobs.create(f"passes {version}", "1 + 1")
    jobs.create(f"fails {version}", "raise ValueError('the landing is empty')")
    connections = {"refused": connection(jobs.workspace.url, "wrong")}
    runs: list[dict[str, object]] = [
        {
            "job": f"{job} {version}",
            "connection": connections.get(name, jobs.connection),
            "moment": moment,
            "configuration": {},
        }
        for name, (job, moment) in RUNS.items()
    ]
    return Outcome(version, installed(version).dag(*runs))


def test_the_dag_is_read_without_variables_and_connections(outcome: Outcome) -> None:
    properties = dict(outcome.result.properties)
    tokens = properties.pop("tokens")
    assert outcome.result.errors == {}
    assert len(set(tokens)) == len(tokens)
    assert max(map(len, tokens)) <= 64
    assert [token.rpartition("-t")[2] for token in tokens] == ["1", "12", "1"]
    assert properties == {
        "schedule": "@daily",
        "catchup": False,
        "max_active_runs": 1,
        "hours": 8,
        "tags": ["batch", "databricks", "pinterest"],
        "owner": "pinterest-pipeline",
        "documented": True,
        "task": {
            "operator": "DatabricksRunNowOperator",
            "connection": "databricks_default",
            "deferrable": True,
            "retries": 2,
            "retry_minutes": 5,
            "backoff": 2,
            "hours": 2,
        },
    }


def test_a_repeated_try_starts_no_second_run(outcome: Outcome, jobs: Jobs) -> None:
    assert [outcome.state(name) for name in ("passes", "same try", "next day")] == ["success"] * 3
    assert len(jobs.runs(f"passes {outcome.version}")) == 2


def test_a_failed_notebook_fails_the_dag_with_its_error_and_the_link_of_the_run(
    outcome: Outcome, jobs: Jobs
) -> None:
    assert outcome.state("fails") == "failed"
    assert "ValueError: the landing is empty" in outcome.log("fails")
    (run,) = jobs.runs(f"fails {outcome.version}")
    assert run.run_page_url
    assert re.search(f"View run status.*{re.escape(run.run_page_url)}", outcome.log("fails"))


def test_a_missing_job_is_named(outcome: Outcome) -> None:
    assert outcome.state("missing") == "failed"
    name = f"no_such_job {outcome.version}"
    assert f"Job ID for job name {name} can not be found" in outcome.log("missing")


def test_a_wrong_token_is_named(outcome: Outcome) -> None:
    assert outcome.state("refused") == "failed"
    assert "401" in outcome.log("refused")


def test_no_log_has_the_token(outcome: Outcome, jobs: Jobs) -> None:
    assert len(outcome.result.logs) == len(RUNS)
    assert not any(jobs.workspace.token in log for log in outcome.result.logs)
