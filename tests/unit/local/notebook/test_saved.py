"""What is saved of a notebook holds no secret and needs no network."""

from __future__ import annotations

import json
import re
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output

from local.notebook.saved import save, secret_values
from local.secrets import Secrets


def printed(text: str, folder: Path, hidden: list[str]) -> str:
    output = new_output("stream", text=text)  # type: ignore[no-untyped-call]  # untyped library
    notebook = new_notebook(cells=[new_code_cell("1", outputs=[output])])  # type: ignore[no-untyped-call]  # untyped library
    notebook_path, html_path = save(notebook, "n", folder, hidden)
    return notebook_path.read_text() + html_path.read_text()


def test_a_secret_is_in_neither_file(tmp_path: Path) -> None:
    saved = printed('key: s3cr"t/é!', tmp_path, ['s3cr"t/é!'])
    assert "s3cr" not in saved
    assert saved.count("[REDACTED]") == 2


def test_the_page_loads_nothing_from_a_network(tmp_path: Path) -> None:
    page = printed("hello", tmp_path, [])
    assert "hello" in page
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []


def test_every_secret_of_the_environment_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "secret_scopes.json").write_text(json.dumps({"api": {"key": "hidden", "pin": "1"}}))
    secrets = Secrets()
    hidden = secret_values(secrets, tmp_path)
    assert {"hidden", secrets.spark_token, secrets.aws_secret_access_key} <= set(hidden)
    assert "1" not in hidden
