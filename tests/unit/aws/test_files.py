"""The Terraform files, read without Terraform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.settings import ROOT

AWS = ROOT / "aws"
_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "path",
    [path for path in AWS.rglob("*.tf") if path.name in {"variables.tf", "outputs.tf"}],
    ids=lambda path: str(path.relative_to(AWS)),
)
def test_every_variable_and_output_has_a_description(path: Path) -> None:
    blocks = _BLOCK.findall(path.read_text())
    assert blocks
    assert [
        name
        for _, name, body in blocks
        if not re.search(r'^  description += "', body, re.MULTILINE)
    ] == []
    assert [n for kind, n, body in blocks if kind == "variable" and "  type " not in body] == []


def test_the_lock_file_has_the_provider_for_linux_and_macos() -> None:
    text = (AWS / ".terraform.lock.hcl").read_text()
    assert 'version     = "5.100.0"' in text
    # The registry has this version for 14 platforms. Their archives, and the signed list itself.
    assert len(re.findall(r'"h1:', text)) == 14
    assert len(re.findall(r'"zh:', text)) == 15


def test_the_plugin_is_taken_from_where_maven_writes_it() -> None:
    module = ROOT / "ingestion" / "s3_landing_connector"
    [name, version] = re.findall(
        r"^  <(?:artifactId|version)>(.+)</", (module / "pom.xml").read_text(), re.MULTILINE
    )
    expected = f"../ingestion/s3_landing_connector/target/{name}-{version}-plugin.zip"
    assert f'"{expected}"' in (AWS / "variables.tf").read_text()
