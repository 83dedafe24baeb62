"""Notebooks in real kernels, without any service; the variables of a kernel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from local.environment import Environment
from local.notebook.runner import NotebookError, NotebookRun, kernel_variables, run_notebook
from local.notebook.runtime.environment import VARIABLE, KernelEnvironment
from local.settings import Settings
from tests.support.notebooks import exit_value, exported_text, kernel_pids, write_notebook

NOTEBOOKS = {
    "complete": (
        "%run ./other",
        "displayHTML(f'<b>shown {answer}</b>')",
        "import os; print(dict(os.environ))",
        "dbutils.jobs.taskValues.set('answer', answer)",
        "user_id = dbutils.widgets.get('user_id')",
        "try: dbutils.notebook.exit(f'{answer} {user_id}')\nexcept Exception: print('caught')",
        "raise RuntimeError('continued')",
    ),
    "failing": ("import pinterest_pipeline", "import emulation", "print('never')"),
    "dying": ("import os; os._exit(9)",),
    "slow": ("import time; time.sleep(600)",),
}
TIMEOUT_SECONDS = {"slow": 4}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder, while that of temporary files has a name too long for a socket."""
    folder, scratch = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("long-" * 25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        yield folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> Environment:
    return Environment(Settings(state=folder / "state"))


@pytest.fixture(scope="module")
def runs(environment: Environment, folder: Path) -> dict[str, NotebookRun]:
    """Run the notebooks side by side, each in its own kernel; return the results by name."""
    write_notebook(folder / "other.ipynb", "answer = 42")

    def run(name: str) -> NotebookRun:
        return run_notebook(
            write_notebook(folder / f"{name}.ipynb", *NOTEBOOKS[name]),
            {"user_id": "ann"},
            environment,
            folder / "runs",
            timeout_seconds=TIMEOUT_SECONDS.get(name),
        )

    with ThreadPoolExecutor() as pool:
        return dict(zip(NOTEBOOKS, pool.map(run, NOTEBOOKS), strict=True))


def executed_cells(run: NotebookRun) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(run.notebook_path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    cells: list[nbformat.NotebookNode] = notebook.cells
    return cells


def error_of(run: NotebookRun) -> NotebookError:
    assert run.error is not None
    return run.error


def test_a_notebook_gets_parameters_and_the_names_of_notebooks_that_it_runs(
    runs: dict[str, NotebookRun],
) -> None:
    assert exit_value(runs["complete"]) == "42 ann"


def test_both_exported_files_show_the_outputs(runs: dict[str, NotebookRun]) -> None:
    assert all("<b>shown 42</b>" in text for text in exported_text(runs["complete"]))


def test_no_secret_is_exported(runs: dict[str, NotebookRun], environment: Environment) -> None:
    text = "".join(exported_text(runs["complete"]))
    assert "[REDACTED]" in text
    assert [secret for secret in environment.secrets.values() if secret in text] == []


def test_no_cell_runs_after_exit(runs: dict[str, NotebookRun]) -> None:
    exit_cell, last_cell = executed_cells(runs["complete"])[-2:]
    assert [output.text for output in exit_cell.outputs] == ["Notebook exited: 42 ann\n"]
    assert last_cell.outputs == []


def test_a_failing_cell_is_reported_and_exported(runs: dict[str, NotebookRun]) -> None:
    error = error_of(runs["failing"])
    assert (error.cell, error.source) == (2, "import emulation")
    assert error.reason == "ModuleNotFoundError: No module named 'emulation'"
    assert "----> 1 import emulation" in error.traceback
    assert "ModuleNotFoundError" in runs["failing"].html_path.read_text()
    assert runs["failing"].exit_value is None
    assert executed_cells(runs["failing"])[2].outputs == []


def test_the_death_of_a_kernel_is_reported(runs: dict[str, NotebookRun]) -> None:
    assert "the kernel died" in error_of(runs["dying"]).reason


def test_a_notebook_that_takes_too_long_is_stopped(runs: dict[str, NotebookRun]) -> None:
    reason = error_of(runs["slow"]).reason
    assert reason == "stopped, because it took longer than 4 seconds"
    assert runs["slow"].html_path.exists()


@pytest.mark.usefixtures("runs")
def test_no_kernel_outlives_its_run(folder: Path) -> None:
    assert kernel_pids(folder) == []


def test_the_folder_and_the_links_reach_the_kernel(environment: Environment) -> None:
    state = environment.settings.state
    variables = kernel_variables(environment, folder=Path("/notebooks"))
    received = KernelEnvironment.model_validate_json(variables[VARIABLE])
    assert received.folder == Path("/notebooks")
    assert received.links == {
        "/Volumes/spark_catalog/pinterest/landing": "s3a://pinterest-landing/",
        "/Volumes/spark_catalog/pinterest/checkpoints": (state / "spark/checkpoints").as_uri(),
        "/": (state / "workspace/dbfs").as_uri(),
    }


def test_only_the_secrets_of_spark_and_s3_reach_the_kernel(environment: Environment) -> None:
    values = "\n".join(kernel_variables(environment).values())
    secrets = environment.secrets
    assert [secret for secret in secrets.values() if secret in values] == [
        secrets.spark_token,
        secrets.aws_access_key_id,
        secrets.aws_secret_access_key,
    ]


def test_an_error_is_printed_without_the_stack_trace_of_the_jvm() -> None:
    error = NotebookError(3, "spark.table('x')", "Error: no table\n\nJVM stacktrace:\na.b.C")
    assert str(error) == "cell 3: Error: no table\n\nspark.table('x')"
