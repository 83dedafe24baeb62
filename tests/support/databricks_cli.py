"""The real Databricks CLI in the folder of a bundle."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databricks.sdk.service.jobs import JobSettings

from local.bundle import cli_environment, databricks_cli
from local.settings import Settings
from tests.support.workspace import LocalWorkspace

__all__ = ["Bundle", "bundle_in"]

_SECONDS = 120


@dataclass(frozen=True)
class Bundle:
    """The folder of a bundle, the environment of the CLI there, and the workspace.

    Each command takes more environment variables by name.
    """

    root: Path
    environment: Mapping[str, str]
    workspace: LocalWorkspace

    def __call__(self, *arguments: str, **variables: str) -> str:
        """Run `databricks bundle …`; return what it printed, errors and progress included."""
        code, printed = self.result(*arguments, **variables)
        assert code == 0, printed
        return printed

    def fails(self, *arguments: str, **variables: str) -> str:
        """Run `databricks bundle …`, which fails; return what it printed."""
        code, printed = self.result(*arguments, **variables)
        assert code != 0, printed
        return printed

    def json(self, *arguments: str, **variables: str) -> Any:  # noqa: ANN401  # JSON
        """Run `databricks bundle … --output json`; return its answer without the progress."""
        process = self.start(*arguments, "--output", "json", errors=subprocess.PIPE, **variables)
        answer, errors = _output(process)
        assert process.returncode == 0, errors
        return json.loads(answer)

    def result(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run `databricks bundle …`; return its exit code and what it printed."""
        process = self.start(*arguments, errors=subprocess.STDOUT, **variables)
        printed, _ = _output(process)
        return process.returncode, printed

    def start(
        self, *arguments: str, errors: int = subprocess.STDOUT, **variables: str
    ) -> subprocess.Popen[str]:
        """Start `databricks bundle …`. The caller reads the output from the process."""
        return subprocess.Popen(
            [databricks_cli(), "bundle", *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def resources(self, target: str = "local", **variables: str) -> dict[str, Any]:
        """Return the resources by kind and key, as `summary` lists them."""
        resources: dict[str, Any] = self.json("summary", "--target", target, **variables)[
            "resources"
        ]
        return resources

    def job_id(self, key: str, target: str = "local", **variables: str) -> int:
        """Return the id of a deployed job."""
        return int(self.resources(target, **variables)["jobs"][key]["id"])

    def job(self, key: str, target: str = "local", **variables: str) -> JobSettings:
        """Return the settings of a deployed job, as the workspace has them."""
        job = self.workspace.client().jobs.get(self.job_id(key, target, **variables))
        assert job.settings
        return job.settings


def bundle_in(
    root: Path, settings: Settings, workspace: LocalWorkspace, **variables: str
) -> Bundle:
    """Return the bundle in `root`; the CLI keeps its files in the state folder of `settings`."""
    address = {"DATABRICKS_HOST": workspace.url, "DATABRICKS_TOKEN": workspace.token}
    environment = cli_environment(settings, os.environ | address)
    return Bundle(root, environment | variables, workspace)


def _output(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a command; return what it printed, and its errors if they are separate."""
    try:
        return process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        printed, _ = process.communicate()
        raise AssertionError(f"{process.args!r} takes too long; it printed:\n{printed}") from None
