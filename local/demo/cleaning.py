"""Runs the notebooks, as the jobs on Databricks do: mount, clean, answer; each half its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from local.demo.errors import DemoError
from local.environment import Environment
from local.notebook.runner import run_notebook
from local.secrets import Secrets
from local.settings import ROOT, Settings

__all__ = ["RUNS", "Notebooks", "Run"]


class Run(NamedTuple):
    """One run of a notebook.

    Attributes:
        title: What it is called on the terminal and in the report.
        notebook: The notebook's name.
        half: The half whose tables it works on.
    """

    title: str
    notebook: str
    half: Literal["batch", "stream"]


RUNS = (
    Run("Mount landing", "mount_landing", "batch"),
    Run("Clean landing", "clean_landing", "batch"),
    Run("Clean streams", "clean_streams", "stream"),
    Run("Answer questions", "answer_questions", "batch"),
    Run("Answer questions of the streams", "answer_questions", "stream"),
)
"""In the order in which they come."""


@dataclass(frozen=True)
class Notebooks:
    """The notebooks of one environment.

    Attributes:
        settings: The environment.
        secrets: Its secrets.
        output: Folder for the executed notebooks, one below it for each half.
    """

    settings: Settings
    secrets: Secrets
    output: Path

    def run(self, run: Run) -> Path:
        """Return the page that shows what a notebook did, once it has run.

        Raises:
            DemoError: Raised when it failed; names the cell, and the page that shows it.
        """
        done = run_notebook(
            ROOT / "notebooks" / f"{run.notebook}.ipynb",
            self._parameters(run),
            Environment(self.settings),
            self.output / run.half,
        )
        if done.error is not None:
            raise DemoError(
                f"the notebook {run.notebook} failed in {done.error}\n\n"
                f"{done.html_path} shows it with its traces"
            )
        return done.html_path

    def _parameters(self, run: Run) -> dict[str, str]:
        settings = self.settings
        schemas = {"batch": settings.schema_name, "stream": settings.stream_schema_name}
        tables = {"catalog": settings.catalog, "schema": schemas[run.half]}
        landing = {"landing_path": f"/mnt/{settings.bucket}"}
        cleaning = {
            "checkpoints_path": settings.checkpoints_path,
            "user_id": settings.user_id,
            **tables,
        }
        by_notebook = {
            "mount_landing": {"source": f"s3a://{settings.bucket}", **landing},
            "clean_landing": {**cleaning, **landing},
            "clean_streams": cleaning,
            "answer_questions": tables,
        }
        return by_notebook[run.notebook]
