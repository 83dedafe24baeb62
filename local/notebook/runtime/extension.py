"""The IPython extension that gives a kernel the names and magics of a Databricks notebook."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown

from local.notebook.runtime.dbutils import DbUtils, NotebookExit
from local.notebook.runtime.display import display, display_html
from local.notebook.runtime.environment import VARIABLE, KernelEnvironment
from local.notebook.runtime.session import LazySession
from local.notebook.runtime.storage import MountTable

__all__ = ["load_ipython_extension", "take_whole_cell"]

_OPEN_NOTEBOOK = "JPY_SESSION_NAME"
"""JupyterLab's variable with the path of the notebook that a kernel belongs to."""

_WHOLE_CELL_MAGICS = ("%sql", "%md")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the names and magics to a kernel."""
    environment = KernelEnvironment.model_validate_json(os.environ[VARIABLE])
    opened = Path(os.environ.get(_OPEN_NOTEBOOK, "")).stem
    if opened in environment.by_notebook:
        values = {"parameters": environment.by_notebook[opened]}
        environment = environment.model_copy(update=values)
    mounts = MountTable(environment.state / "mounts.json")
    task = environment.task
    volumes = task.volumes if task else {}
    spark = LazySession(
        lambda: {**volumes, **mounts.links()},
        environment.links["/"],
        task.packages if task else (),
    )
    shell.push({  # type: ignore[no-untyped-call]  # untyped library
        "spark": spark,
        "dbutils": DbUtils(environment, mounts, spark.refresh_mounts),
        "display": display,
        "displayHTML": display_html,
        "sql": lambda query: spark.sql(query),  # noqa: PLW0108  # spark.sql opens the session
        "table": lambda name: spark.table(name),  # noqa: PLW0108  # the same
    })
    _register_magics(shell, spark, environment.folder or Path.cwd())
    shell.set_custom_exc((NotebookExit,), _on_exit)  # type: ignore[no-untyped-call]  # untyped library
    # On Databricks a notebook can import the library, and no other folder of the repository.
    sys.path[:] = [folder for folder in sys.path if folder not in environment.hidden]


def take_whole_cell(lines: list[str]) -> list[str]:
    """Return the lines of a cell with `%sql` or `%md` in the first line as a cell magic."""
    if len(lines) > 1 and lines[0].split()[:1] and lines[0].split()[0] in _WHOLE_CELL_MAGICS:
        return ["%" + lines[0], *lines[1:]]
    return lines


def _register_magics(shell: InteractiveShell, spark: LazySession, folder: Path) -> None:
    """Register `%sql`, `%md` and `%run`, whose paths are relative to `folder`."""
    shell.register_magic_function(_sql(shell, spark), "line_cell", "sql")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.register_magic_function(_markdown, "line_cell", "md")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.register_magic_function(_Run(shell, folder), "line", "run")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.input_transformers_cleanup.append(take_whole_cell)


def _sql(shell: InteractiveShell, spark: LazySession) -> Callable[..., None]:
    def run_sql(line: str, cell: str | None = None) -> None:
        """Run one SQL statement and show its rows, which `_sqldf` keeps."""
        rows = spark.sql(f"{line}\n{cell}" if cell is not None else line)
        shell.user_ns["_sqldf"] = rows
        display(rows)

    return run_sql


def _markdown(line: str, cell: str | None = None) -> None:
    """Show formatted text."""
    display(Markdown(f"{line}\n{cell}" if cell is not None else line))  # type: ignore[no-untyped-call]  # untyped library


class _Run:
    """`%run <path>`: runs another notebook in the namespace of this one."""

    __name__ = "run"

    def __init__(self, shell: InteractiveShell, folder: Path) -> None:
        self._shell = shell
        self._folders = [folder]

    def __call__(self, line: str) -> None:
        notebook = self._find(line.strip().strip("\"'"))
        self._folders.append(notebook.parent)
        try:
            for cell in json.loads(notebook.read_text())["cells"]:
                if cell["cell_type"] == "code":
                    self._shell.run_cell("".join(cell["source"])).raise_error()  # type: ignore[no-untyped-call]  # untyped library
        finally:
            self._folders.pop()

    def _find(self, name: str) -> Path:
        path = self._folders[-1] / name
        notebook = path if path.suffix == ".ipynb" else path.with_name(f"{path.name}.ipynb")
        if not notebook.is_file():
            raise FileNotFoundError(
                f"%run: there is no notebook {notebook}. The path is relative to this notebook's "
                "folder; parameters after it are not supported by the local runtime."
            )
        return notebook


def _on_exit(
    _shell: InteractiveShell, _kind: object, value: BaseException, *_: object, **__: object
) -> None:
    print(f"Notebook exited: {value}")  # noqa: T201  # as Databricks does
