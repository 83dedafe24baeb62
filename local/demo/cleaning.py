"""Runs the notebooks, as the job on Databricks does: mount, clean, answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.demo.errors import DemoError
from local.stack.secrets import Secrets
from local.stack.settings import ROOT, Settings
from local.workspace.runner import run_notebook

__all__ = ["NOTEBOOKS", "Notebooks"]

NOTEBOOKS = ("mount_landing", "clean_landing", "answer_questions")
"""In the order in which they run."""


@dataclass(frozen=True)
class Notebooks:
    """The notebooks of one environment.

    Attributes:
        settings: The environment.
        secrets: Its secrets.
        output: Folder for the executed notebooks.
    """

    settings: Settings
    secrets: Secrets
    output: Path

    def run(self, name: str) -> Path:
        """Return the page that shows what the notebook `name` did, once it has run.

        Raises:
            DemoError: Raised when it failed; names the cell, and the page that shows it.
        """
        done = run_notebook(
            ROOT / "notebooks" / f"{name}.ipynb",
            self._parameters(name),
            self.settings,
            self.secrets,
            self.output,
        )
        if done.error is not None:
            raise DemoError(f"the notebook {name} failed, see {done.html_path}\n{done.error}")
        return done.html_path

    def _parameters(self, name: str) -> dict[str, str]:
        tables = {"catalog": self.settings.catalog, "schema": self.settings.schema_name}
        landing = {"landing_path": f"/mnt/{self.settings.bucket}"}
        by_notebook = {
            "mount_landing": {"source": f"s3a://{self.settings.bucket}", **landing},
            "clean_landing": {
                "checkpoints_path": self.settings.checkpoints_path,
                "user_id": self.settings.user_id,
                **landing,
                **tables,
            },
            "answer_questions": tables,
        }
        return by_notebook[name]
