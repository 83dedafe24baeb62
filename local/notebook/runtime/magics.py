"""The magics of a Databricks notebook: `%sql`, `%md`, `%run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown

from .display import display
from .session import LazySession

__all__ = ["register_magics"]

_WHOLE_CELL = ("%sql", "%md")


def register_magics(shell: InteractiveShell, spark: LazySession, folder: Path) -> None:
    """Give a kernel the magics; `%run` paths are relative to `folder`."""
    shell.register_magic_function(_sql(shell, spark), "line_cell", "sql")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.register_magic_function(_markdown, "line_cell", "md")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.register_magic_function(_Run(shell, folder), "line", "run")  # type: ignore[arg-type]  # IPython's annotation is of the method
    shell.input_transformers_cleanup.append(take_whole_cell)


def take_whole_cell(lines: list[str]) -> list[str]:
    """Return the lines of a cell so that `%sql` or `%md` in the first takes them all."""
    if len(lines) > 1 and lines[0].split()[:1] and lines[0].split()[0] in _WHOLE_CELL:
        return ["%" + lines[0], *lines[1:]]
    return lines


def _sql(shell: InteractiveShell, spark: LazySession) -> Callable[..., None]:
    def run_sql(line: str, cell: str | None = None) -> None:
        """Run one SQL statement and show its rows; they stay in `_sqldf`."""
        rows = spark.sql(f"{line}\n{cell}" if cell is not None else line)
        shell.user_ns["_sqldf"] = rows
        display(rows)

    return run_sql


def _markdown(line: str, cell: str | None = None) -> None:
    """Show formatted text."""
    display(Markdown(f"{line}\n{cell}" if cell is not None else line))  # type: ignore[no-untyped-call]  # untyped library


class _Run:
    """`%run <path>`: runs another notebook in this one's namespace."""

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
        named = self._folders[-1] / name
        notebook = named if named.suffix == ".ipynb" else named.with_name(f"{named.name}.ipynb")
        if not notebook.is_file():
            raise FileNotFoundError(
                f"%run: there is no notebook {notebook}. The path is relative to this notebook's "
                "folder; parameters after it are not supported by the local runtime."
            )
        return notebook
