"""Which Databricks CLI deploys the bundle to the local workspace, and with which environment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bundle import _pinned_version, cli_environment, databricks_cli, deploy_and_run, run
from local.errors import StackError
from local.settings import BUILD, Settings
from local.supervisor.ports import free_port


@pytest.fixture
def host() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def variables(host: str) -> dict[str, str]:
    return {"DATABRICKS_HOST": host, "DATABRICKS_TOKEN": "t", "PATH": "/usr/bin"}


def put_cli(folder: Path, script: str) -> Path:
    program = folder / "databricks"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("newer", [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)])
def test_a_recent_cli_of_the_path_is_used(tmp_path: Path, newer: tuple[int, ...]) -> None:
    version = ".".join(str(a + b) for a, b in zip(_pinned_version(), newer, strict=True))
    program = put_cli(tmp_path, f"echo 'Databricks CLI v{version}'")

    assert databricks_cli(str(tmp_path)) == program


@pytest.mark.parametrize(
    "script",
    [
        "echo 'Databricks CLI v0.299.0'",
        "echo 'Version 0.18.0'",  # the legacy CLI, a Python package
        "echo 'Databricks CLI v999.0.0'; exit 1",
        "true",
    ],
)
def test_any_other_cli_of_the_path_is_not_used(tmp_path: Path, script: str) -> None:
    put_cli(tmp_path, script)

    assert databricks_cli(str(tmp_path)) == BUILD / "databricks" / "databricks"


def test_without_a_cli_on_the_path_the_built_one_is_used(tmp_path: Path) -> None:
    assert databricks_cli(str(tmp_path)) == BUILD / "databricks" / "databricks"


def test_nothing_of_the_users_databricks_settings_reaches_the_cli(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    own = {
        "DATABRICKS_CONFIG_PROFILE": "work",
        "DATABRICKS_CLIENT_SECRET": "s",
        "BUNDLE_VAR_catalog": "main",
        "LANG": "C",
    }

    environment = cli_environment(Settings(state=tmp_path, catalog="c"), variables | own)

    assert not environment.keys() & {"DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CLIENT_SECRET"}
    assert environment["LANG"] == "C"
    assert environment["BUNDLE_VAR_catalog"] == "c"
    files = ("DATABRICKS_CONFIG_FILE", "DATABRICKS_CACHE_DIR", "DATABRICKS_BUNDLE_TMP")
    assert all(Path(environment[name]).is_relative_to(tmp_path) for name in files)


@pytest.mark.parametrize("missing", ["DATABRICKS_HOST", "DATABRICKS_TOKEN"])
def test_a_missing_variable_is_named(
    tmp_path: Path, variables: dict[str, str], missing: str
) -> None:
    del variables[missing]

    with pytest.raises(StackError, match=rf"expected the variable {missing}; run `make bundle`"):
        cli_environment(Settings(state=tmp_path), variables)


def test_the_target_local_is_refused_for_a_workspace_elsewhere(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    variables["DATABRICKS_HOST"] = "https://dbc-1.cloud.databricks.com"

    with pytest.raises(StackError, match=r"address of the local workspace .*--target dev"):
        cli_environment(Settings(state=tmp_path), variables)


def test_a_workspace_that_is_down_is_reported(tmp_path: Path, variables: dict[str, str]) -> None:
    variables["DATABRICKS_HOST"] = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(
        StackError, match=r"no local workspace answers at .*`make workspace` starts"
    ):
        cli_environment(Settings(state=tmp_path), variables)


def test_the_bundle_is_validated_and_deployed_before_its_jobs_run(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program = put_cli(tmp_path, f'echo "$@" >> {calls}')

    deploy_and_run(program, {"PATH": "/usr/bin:/bin"})

    assert calls.read_text().splitlines() == [
        "bundle validate --strict --target local",
        "bundle deploy --target local",
        "bundle run clean_landing --target local",
        "bundle run clean_streams --target local",
    ]


def test_the_end_leads_to_the_pages(
    tmp_path: Path,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    put_cli(tmp_path, "echo 'Databricks CLI v999.0.0'")
    own = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PINTEREST_STATE": str(tmp_path / "state")}
    for name, value in (variables | own).items():
        monkeypatch.setenv(name, value)

    run()

    assert f"Open {variables['DATABRICKS_HOST']}/login?token=t " in capfd.readouterr().out


def test_nothing_runs_after_a_failure(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program = put_cli(tmp_path, f'echo "$2" >> {calls}; [ "$2" != deploy ]')

    with pytest.raises(StackError, match="`databricks bundle deploy` failed with exit code 1"):
        deploy_and_run(program, {"PATH": "/usr/bin:/bin"})
    assert calls.read_text().split() == ["validate", "deploy"]


def test_a_cli_that_is_not_built_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="`make databricks-cli` builds it"):
        deploy_and_run(tmp_path / "databricks", {})
