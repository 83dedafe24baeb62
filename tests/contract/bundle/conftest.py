"""The bundle in a checkout of its own, deployed with the real CLI to the local workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests

from local.bundle import cli_environment, databricks_cli
from local.settings import ROOT, Settings

_FILES = ("databricks.yml", "pyproject.toml", "README.md", "resources", "notebooks", "src")
_REQUEST_SECONDS = 30


class Workspace(Protocol):
    """The address and the token of a running local workspace."""

    url: str
    token: str


@dataclass(frozen=True)
class Bundle:
    """A copy of the bundle, and the environment in which the CLI runs there."""

    root: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, **variables: str) -> str:
        """Run `databricks bundle …` with more variables; return what it printed."""
        ended = self._run(arguments, variables)
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def fails(self, *arguments: str, **variables: str) -> str:
        """Run `databricks bundle …`, which fails; return its error."""
        ended = self._run(arguments, variables)
        assert ended.returncode != 0, ended.stdout
        return ended.stderr

    def _run(
        self, arguments: tuple[str, ...], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [databricks_cli(), "bundle", *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def resources(self, target: str = "local", **variables: str) -> dict[str, Any]:
        """Return the resources by kind and key, as the workspace has them."""
        summary = self("summary", "--target", target, "--output", "json", **variables)
        found: dict[str, Any] = json.loads(summary)["resources"]
        return found

    def get(self, path: str, **parameters: str) -> dict[str, Any]:
        """Return the answer of the workspace's API."""
        answer = requests.get(
            f"{self.environment['DATABRICKS_HOST']}/api/{path}",
            params=parameters,
            headers={"Authorization": f"Bearer {self.environment['DATABRICKS_TOKEN']}"},
            timeout=_REQUEST_SECONDS,
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def job(self, key: str, target: str = "local", **variables: str) -> dict[str, Any]:
        """Return the settings of a deployed job."""
        job_id = self.resources(target, **variables)["jobs"][key]["id"]
        settings: dict[str, Any] = self.get("2.2/jobs/get", job_id=str(job_id))["settings"]
        return settings


@pytest.fixture
def bundle(tmp_path: Path, settings: Settings, workspace: Workspace) -> Iterator[Bundle]:
    """Give a copy with names of its own. Afterwards, nothing of it is left in the workspace."""
    for name in _FILES:
        source, copy = ROOT / name, tmp_path / "checkout" / name
        copy.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    address = {"DATABRICKS_HOST": workspace.url, "DATABRICKS_TOKEN": workspace.token}
    own = f"bundle_{uuid.uuid4().hex[:12]}"
    environment = cli_environment(settings, os.environ | address) | {
        "DATABRICKS_BUNDLE_TMP": str(tmp_path / "tmp"),
        "BUNDLE_VAR_schema": own,
        "BUNDLE_VAR_stream_schema": f"{own}_stream",
        "BUNDLE_VAR_secret_scope": own,
        "BUNDLE_VAR_warehouse_id": "local",
        "BUNDLE_VAR_service_principal": "11111111-2222-3333-4444-555555555555",
    }
    checkout = Bundle(tmp_path / "checkout", environment)
    yield checkout
    checkout("destroy", "--target", "local", "--auto-approve")
