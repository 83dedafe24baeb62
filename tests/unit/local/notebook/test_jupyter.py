"""JupyterLab uses the pipeline's kernel and stores neither outputs nor secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from local.environment import Environment
from local.notebook.jupyter import jupyter_url, jupyter_variables, without_outputs
from local.settings import Settings


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(Settings(state=tmp_path, jupyter_port=18999))


def test_the_url_signs_in(environment: Environment) -> None:
    token = environment.secrets.jupyter_token
    assert jupyter_url(environment) == f"http://127.0.0.1:18999/lab?token={token}"


def test_jupyter_gets_the_pipelines_kernel(environment: Environment, tmp_path: Path) -> None:
    jupyter_variables(environment)
    spec = json.loads((tmp_path / "workspace/jupyter/kernels/python3/kernel.json").read_text())
    assert spec["display_name"] == "Pinterest pipeline (Spark Connect)"
    assert "--ext=local.notebook.runtime.extension" in spec["argv"]


def test_no_file_of_jupyter_contains_a_secret(environment: Environment, tmp_path: Path) -> None:
    jupyter_variables(environment)
    files = [path for path in (tmp_path / "workspace").rglob("*") if path.is_file()]
    text = "".join(path.read_text() for path in files)
    assert [secret for secret in environment.secrets.values() if secret in text] == []


def test_saving_removes_outputs() -> None:
    output = new_output("stream", text="a row of data")  # type: ignore[no-untyped-call]  # untyped library
    cell = new_code_cell("show()", outputs=[output], execution_count=3)  # type: ignore[no-untyped-call]  # untyped library
    model = {"type": "notebook", "content": new_notebook(cells=[cell])}  # type: ignore[no-untyped-call]  # untyped library
    without_outputs(model, path="n.ipynb")
    assert (cell.outputs, cell.execution_count, cell.source) == ([], None, "show()")


def test_saving_another_file_changes_nothing() -> None:
    model = {"type": "file", "content": "text"}
    without_outputs(model, path="a.txt")
    assert model == {"type": "file", "content": "text"}
