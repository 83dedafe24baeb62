"""An exported notebook contains no secret and needs no network."""

from __future__ import annotations

import json
import re
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output

from local.notebook.export import export_notebook, secret_values
from local.secrets import Secrets


def exported_text(output_text: str, folder: Path, hidden: list[str]) -> str:
    output = new_output("stream", text=output_text)  # type: ignore[no-untyped-call]  # untyped library
    notebook = new_notebook(cells=[new_code_cell("1", outputs=[output])])  # type: ignore[no-untyped-call]  # untyped library
    notebook_path, html_path = export_notebook(notebook, "n", folder, hidden)
    return notebook_path.read_text() + html_path.read_text()


def test_a_secret_is_redacted_in_both_files(tmp_path: Path) -> None:
    text = exported_text('key: s3cr"t/é!', tmp_path, ['s3cr"t/é!'])
    assert "s3cr" not in text
    assert text.count("[REDACTED]") == 2


def test_the_page_loads_nothing_from_a_network(tmp_path: Path) -> None:
    page = exported_text("hello", tmp_path, [])
    assert "hello" in page
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []


def test_all_secrets_of_the_environment_are_hidden_but_very_short_ones(tmp_path: Path) -> None:
    (tmp_path / "secret_scopes.json").write_text(json.dumps({"api": {"key": "hidden", "pin": "1"}}))
    secrets = Secrets()
    hidden = secret_values(secrets, tmp_path)
    assert {"hidden", secrets.spark_token, secrets.aws_secret_access_key} <= set(hidden)
    assert "1" not in hidden
