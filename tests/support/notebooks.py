"""Notebooks for tests, and the kernels that run."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from local.notebook.runner import NotebookRun


def write_notebook(path: Path, *sources: str) -> Path:
    """Write a notebook with one code cell for each source; return its path."""
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]  # untyped library
    nbformat.write(new_notebook(cells=cells), path)  # type: ignore[no-untyped-call]  # untyped library
    return path


def exit_value(run: NotebookRun) -> str:
    """Return the exit value of a run that succeeded."""
    assert run.error is None, str(run.error)
    assert run.exit_value is not None
    return run.exit_value


def exported_text(run: NotebookRun) -> list[str]:
    """Return the text of the executed notebook and of its page."""
    return [run.notebook_path.read_text(), run.html_path.read_text()]


def kernel_pids(folder: Path) -> list[int]:
    """Return the process ids of this process's kernels whose notebooks lie in a folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "cwd", "ppid"])
        if process.info["ppid"] == os.getpid()
        and process.info["cwd"] == str(folder)
        and "ipykernel_launcher" in " ".join(process.info["cmdline"] or [])
    ]
