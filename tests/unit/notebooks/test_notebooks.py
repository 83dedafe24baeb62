"""The notebooks are thin, run unchanged on Databricks, and are committed without outputs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))
LOCAL = r"\blocal\b|localhost|127\.0\.0\.1|s3_endpoint|file:/|os\.environ|ministack"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    read: nbformat.NotebookNode = nbformat.read(  # type: ignore[no-untyped-call]  # untyped library
        request.param, as_version=nbformat.NO_CONVERT
    )
    return read


def code(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_all_notebooks_are_there() -> None:
    names = {path.stem for path in NOTEBOOKS}
    jobs = {"answer_questions", "clean_landing", "clean_streams", "mount_landing"}
    assert names == jobs | {"smoke_test"}


def test_it_is_valid(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


def test_it_holds_no_outputs(notebook: nbformat.NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []


def test_it_has_under_thirty_lines_of_code(notebook: nbformat.NotebookNode) -> None:
    assert len([line for text in code(notebook) for line in text.splitlines() if line.strip()]) < 30


def test_notebooks_do_not_depend_on_the_environment(notebook: nbformat.NotebookNode) -> None:
    assert re.findall(LOCAL, "\n".join(code(notebook))) == []


def test_it_imports_the_library_and_the_standard_library_only(
    notebook: nbformat.NotebookNode,
) -> None:
    imports = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for text in code(notebook)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {str(name).partition(".")[0] for name in imports} <= {"json", "pinterest_pipeline"}


def test_it_begins_by_saying_what_it_does(notebook: nbformat.NotebookNode) -> None:
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
