"""The Terraform files themselves: format, validity, and the checks of checkov."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.terraform import AWS, Terraform

CHECKOV = ROOT / ".local" / "venvs" / "checkov" / "bin" / "checkov"


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return Terraform(tmp_path_factory.mktemp("configuration"))


def test_files_are_formatted(terraform: Terraform) -> None:
    result = terraform.result("fmt", "-check", "-recursive")
    assert result.returncode == 0, f"run `terraform fmt -recursive` in {AWS.name}: {result.stdout}"


def test_the_configuration_is_valid(terraform: Terraform) -> None:
    answer = json.loads(terraform.result("validate", "-json").stdout)
    assert answer["diagnostics"] == []


def test_checkov_finds_nothing_that_is_not_explained(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            CHECKOV,
            "--directory",
            AWS,
            "--framework=terraform",
            "--compact",
            "--quiet",
            "--skip-download",
        ],
        cwd=tmp_path,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout or result.stderr
