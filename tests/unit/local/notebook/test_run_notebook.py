"""Notebooks in real kernels, without any service."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from local.environment import Environment
from local.notebook.runner import NotebookRun, run_notebook
from local.notebook.runtime.environment import Task
from local.settings import Settings
from tests.support.notebooks import exit_value, exported_text, kernel_pids, write_notebook


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Results of four notebooks."""

    environment: Environment
    complete: NotebookRun
    failing: NotebookRun
    dying: NotebookRun
    slow: NotebookRun
    task_values: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Run four notebooks side by side, each in its own kernel."""
    folder = tmp_path_factory.mktemp("notebooks")
    environment = Environment(Settings(state=folder / "state"))
    write_notebook(folder / "other.ipynb", "answer = 42")
    complete = write_notebook(
        folder / "complete.ipynb",
        "%run ./other",
        "displayHTML(f'<b>shown {answer}</b>')",
        "import os; print(dict(os.environ))",
        "dbutils.jobs.taskValues.set('answer', answer)",
        "values = [answer, dbutils.widgets.get('user_id')]\n"
        "try:\n    import json; dbutils.notebook.exit(json.dumps(values))\n"
        "except Exception:\n    print('caught')",
        "raise RuntimeError('continued')",
    )
    failing = write_notebook(
        folder / "failing.ipynb", "import pinterest_pipeline", "import emulation", "print('never')"
    )
    dying = write_notebook(folder / "dying.ipynb", "import os; os._exit(9)")
    slow = write_notebook(folder / "slow.ipynb", "import time; time.sleep(600)")
    task = Task(key="first", values=folder / "values.json")

    def run(path: Path, timeout_seconds: float | None = None) -> NotebookRun:
        return run_notebook(
            path,
            {"user_id": "ann"},
            environment,
            folder / "runs",
            timeout_seconds=timeout_seconds,
            task=task,
        )

    with ThreadPoolExecutor() as pool:
        results = [pool.submit(run, path) for path in (complete, failing, dying)]
        slow_result = pool.submit(run, slow, 4)
    return Runs(
        environment=environment,
        complete=results[0].result(),
        failing=results[1].result(),
        dying=results[2].result(),
        slow=slow_result.result(),
        task_values=task.values,
    )


def executed_cells(run: NotebookRun) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(run.notebook_path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    cells: list[nbformat.NotebookNode] = notebook.cells
    return cells


def test_a_notebook_gets_parameters_and_the_names_of_notebooks_that_it_runs(runs: Runs) -> None:
    assert json.loads(exit_value(runs.complete)) == [42, "ann"]


def test_both_exported_files_show_the_outputs(runs: Runs) -> None:
    assert all("<b>shown 42</b>" in text for text in exported_text(runs.complete))


def test_no_secret_is_exported(runs: Runs) -> None:
    text = "".join(exported_text(runs.complete))
    assert "[REDACTED]" in text
    secrets = runs.environment.secrets.model_dump().values()
    assert [secret for secret in secrets if secret in text] == []


def test_no_cell_runs_after_exit(runs: Runs) -> None:
    exit_cell, last_cell = executed_cells(runs.complete)[-2:]
    assert [output.text for output in exit_cell.outputs] == [
        f"Notebook exited: {runs.complete.exit_value}\n"
    ]
    assert last_cell.outputs == []


def test_a_task_value_reaches_the_file_of_the_job_run(runs: Runs) -> None:
    assert json.loads(runs.task_values.read_text()) == {"first": {"answer": 42}}


def test_a_kernel_can_import_the_library_but_no_other_folder_of_the_repository(runs: Runs) -> None:
    error = runs.failing.error
    assert error is not None
    assert error.reason == "ModuleNotFoundError: No module named 'emulation'"


def test_a_failing_cell_is_reported_and_exported(runs: Runs) -> None:
    error = runs.failing.error
    assert error is not None
    assert (runs.failing.exit_value, error.cell, error.source) == (None, 2, "import emulation")
    assert "----> 1 import emulation" in error.traceback
    assert "ModuleNotFoundError" in runs.failing.html_path.read_text()


def test_no_cell_runs_after_a_failing_cell(runs: Runs) -> None:
    assert executed_cells(runs.failing)[2].outputs == []


def test_the_death_of_a_kernel_is_reported(runs: Runs) -> None:
    assert runs.dying.error is not None
    assert "the kernel died" in runs.dying.error.reason


def test_a_notebook_that_takes_too_long_is_stopped(runs: Runs) -> None:
    assert runs.slow.error is not None
    assert runs.slow.error.reason == "stopped, because it took longer than 4 seconds"
    assert runs.slow.html_path.exists()


@pytest.mark.usefixtures("runs")
def test_no_kernel_outlives_its_run() -> None:
    assert kernel_pids() == []
