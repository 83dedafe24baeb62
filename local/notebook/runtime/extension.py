"""The IPython extension that makes a kernel a Databricks notebook's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .dbutils import DbUtils
from .display import display, display_html
from .environment import VARIABLE, Environment
from .magics import register_magics
from .mounts import MountTable
from .notebook import NotebookExit
from .session import LazySession

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give the notebook its names and magics."""
    environment = Environment.model_validate_json(os.environ[VARIABLE])
    folder = environment.folder or Path.cwd()
    mounts = MountTable(environment.state / "mounts.json")
    spark = LazySession(mounts.links, environment.links["/"])
    shell.push({  # type: ignore[no-untyped-call]  # untyped library
        "spark": spark,
        "dbutils": DbUtils(environment, mounts, spark),
        "display": display,
        "displayHTML": display_html,
        "sql": _Later(spark, "sql"),
        "table": _Later(spark, "table"),
    })
    register_magics(shell, spark, folder)
    shell.set_custom_exc((NotebookExit,), _on_exit)  # type: ignore[no-untyped-call]  # untyped library
    _hide(environment.hidden)


class _Later:
    """A method of the session, which is opened when the method is called."""

    def __init__(self, spark: LazySession, name: str) -> None:
        self._spark = spark
        self._name = name

    def __call__(self, text: str) -> Any:  # noqa: ANN401  # a Spark DataFrame
        return getattr(self._spark, self._name)(text)


def _on_exit(
    shell: InteractiveShell,  # noqa: ARG001  # IPython calls it so
    kind: type[BaseException],  # noqa: ARG001  # IPython calls it so
    value: BaseException,
    trace: TracebackType,  # noqa: ARG001  # IPython calls it so
    tb_offset: int | None = None,  # noqa: ARG001  # IPython calls it so
) -> None:
    print(f"Notebook exited: {value}")  # noqa: T201  # as Databricks does


def _hide(folders: tuple[str, ...]) -> None:
    """Take the folders off the import path: on Databricks a notebook has the library only."""
    sys.path[:] = [folder for folder in sys.path if folder not in folders]
