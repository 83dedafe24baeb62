"""JupyterLab runs the notebooks unchanged, and leaves no output and no secret behind."""

from __future__ import annotations

import json
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output

from local.notebook.jupyter import jupyter_url, jupyter_variables, without_outputs
from local.secrets import Secrets
from local.settings import Settings


def test_the_url_signs_in(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, jupyter_port=18999)
    url = jupyter_url(settings, Secrets(jupyter_token="t0ken"))
    assert url == "http://127.0.0.1:18999/lab?token=t0ken"


def test_notebooks_open_with_the_pipelines_kernel(tmp_path: Path) -> None:
    jupyter_variables(Settings(state=tmp_path), Secrets())
    spec = json.loads((tmp_path / "workspace/jupyter/kernels/python3/kernel.json").read_text())
    assert spec["display_name"] == "Pinterest pipeline (Spark Connect)"
    assert "--ext=local.notebook.runtime" in spec["argv"]


def test_no_file_holds_a_secret(tmp_path: Path) -> None:
    secrets = Secrets()
    jupyter_variables(Settings(state=tmp_path), secrets)
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert [value for value in secrets.model_dump().values() if value in written] == []


def test_saving_takes_outputs_off() -> None:
    output = new_output("stream", text="a row of data")  # type: ignore[no-untyped-call]  # untyped library
    cell = new_code_cell("show()", outputs=[output], execution_count=3)  # type: ignore[no-untyped-call]  # untyped library
    model = {"type": "notebook", "content": new_notebook(cells=[cell])}  # type: ignore[no-untyped-call]  # untyped library
    without_outputs(model, path="n.ipynb")
    assert (cell.outputs, cell.execution_count, cell.source) == ([], None, "show()")


def test_saving_anything_else_changes_nothing() -> None:
    model = {"type": "file", "content": "text"}
    without_outputs(model, path="a.txt")
    assert model == {"type": "file", "content": "text"}
