"""The bundle's files, as they are written: variables are not replaced."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.settings import ROOT

__all__ = ["RESOURCE_FILES", "databricks_yml", "job_names", "notebooks_of", "resource", "widgets"]

RESOURCE_FILES = sorted((ROOT / "resources").glob("*.yml"))

_WIDGET = re.compile(r'dbutils\.widgets\.\w+\("(\w+)"')


@cache
def databricks_yml() -> dict[str, Any]:
    """Return `databricks.yml`."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "databricks.yml").read_text())
    return content


def resource(kind: str, key: str) -> dict[str, Any]:
    """Return one resource, such as `resource("job", "clean_landing")`."""
    content = yaml.safe_load((ROOT / "resources" / f"{key}.{kind}.yml").read_text())
    (of_kind,) = content["resources"].values()
    found: dict[str, Any] = of_kind[key]
    return found


def job_names() -> list[str]:
    """Return the keys of all jobs."""
    return [
        path.name.removesuffix(".job.yml")
        for path in RESOURCE_FILES
        if path.name.endswith(".job.yml")
    ]


def notebooks_of(job: dict[str, Any]) -> list[Path]:
    """Return the notebooks that a job runs, in the order of its file."""
    return [
        (ROOT / "resources" / task["notebook_task"]["notebook_path"]).resolve()
        for task in job["tasks"]
        if "notebook_task" in task
    ]


def widgets(notebook: Path) -> set[str]:
    """Return the names of a notebook's parameters."""
    cells = json.loads(notebook.read_text())["cells"]
    code = "".join(line for cell in cells if cell["cell_type"] == "code" for line in cell["source"])
    return set(_WIDGET.findall(code))
