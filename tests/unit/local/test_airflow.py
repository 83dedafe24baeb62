"""Airflow's settings, its connection, and the check of the job before its start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from local.airflow import Airflow, connection, password, require_job, running
from local.errors import StackError


def answer(jobs: list[object]) -> requests.Response:
    """Return the workspace's list of jobs; without any, it has no field `jobs`."""
    response = requests.Response()
    response.status_code = 200
    response._content = json.dumps({"jobs": jobs} if jobs else {}).encode()
    return response


@pytest.fixture
def airflow(tmp_path: Path) -> Airflow:
    return Airflow(
        program=tmp_path / "airflow",
        home=tmp_path / "home",
        port=18_084,
        workspace_url="http://127.0.0.1:18085",
        workspace_token="the-token",
        job_name="clean_landing",
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:80", {"schema": "http", "host": "127.0.0.1", "port": 80}),
        ("https://x.cloud.databricks.com", {"schema": "https", "host": "x.cloud.databricks.com"}),
    ],
)
def test_a_connection_has_the_address_and_the_token(url: str, expected: dict[str, object]) -> None:
    fields = {"conn_type": "databricks", "password": "t"}

    assert json.loads(connection(url, "t")) == fields | expected


def test_the_token_is_in_the_environment_and_in_no_command(airflow: Airflow) -> None:
    for service in airflow.services():
        assert "the-token" not in " ".join(service.command)
        assert "the-token" in service.environment["AIRFLOW_CONN_DATABRICKS_DEFAULT"]
        assert service.environment["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_the_password_is_created_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    home = tmp_path / "home"

    assert password(home) == password(home) != ""
    assert home.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("jobs", "found"), [([], 0), ([{"job_id": 1}, {"job_id": 2}], 2)])
def test_other_than_one_job_is_an_error_that_says_how_to_deploy_it(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch, jobs: list[object], found: int
) -> None:
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer(jobs))

    with pytest.raises(StackError, match=rf"one job 'clean_landing'.*got {found}.*make bundle"):
        require_job(airflow)


def test_one_job_is_accepted(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer([{"job_id": 1}]))

    require_job(airflow)


def test_a_stopped_workspace_is_an_error_that_says_how_to_start_it(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> requests.Response:
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(requests, "get", refuse)

    with pytest.raises(StackError, match=r"127\.0\.0\.1:18085.*refused.*make workspace"):
        require_job(airflow)


def test_a_failed_migration_shows_the_output_of_airflow(airflow: Airflow) -> None:
    airflow.program.write_text("#!/bin/sh\necho 'the disk is full'\nexit 1\n")
    airflow.program.chmod(0o755)

    with pytest.raises(StackError, match="the disk is full"), running(airflow):
        pass
