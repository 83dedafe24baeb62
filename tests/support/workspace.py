"""The local workspace for tests: its address, its token, and notebooks and jobs in it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import NotebookTask, Task
from databricks.sdk.service.workspace import ImportFormat

__all__ = ["ENDLESS", "LocalWorkspace", "notebook_task", "put_notebook", "wheel", "wheel_content"]


ENDLESS = "import time\nwhile True: time.sleep(0.1)"
"""The source of a notebook that never ends."""


@dataclass(frozen=True)
class LocalWorkspace:
    """A workspace that runs."""

    url: str
    token: str

    def variables(self, home: Path) -> dict[str, str]:
        """Return the variables for Databricks' tools; the CLI keeps its files in `home`."""
        return {"DATABRICKS_HOST": self.url, "DATABRICKS_TOKEN": self.token, "HOME": str(home)}

    def client(self, token: str | None = None) -> WorkspaceClient:
        return WorkspaceClient(host=self.url, token=token or self.token, auth_type="pat")


def put_notebook(client: WorkspaceClient, name: str, *sources: str) -> str:
    """Upload a notebook with one code cell for each source; return its path."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": str(number),
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = f"/Workspace/Shared/{name}"
    client.workspace.upload(
        f"{path}.ipynb",
        io.BytesIO(json.dumps(notebook).encode()),
        format=ImportFormat.AUTO,
        overwrite=True,
    )
    return path


def notebook_task(client: WorkspaceClient, key: str, *sources: str) -> Task:
    """Upload a notebook and return the task that runs it."""
    return Task(key, notebook_task=NotebookTask(put_notebook(client, key, *sources)))


def wheel(client: WorkspaceClient, package: str, source: str) -> str:
    """Upload a wheel with one package; return its path."""
    path = f"/Workspace/Shared/{package}-1-py3-none-any.whl"
    content = io.BytesIO(wheel_content(package, source))
    client.workspace.upload(path, content, format=ImportFormat.AUTO, overwrite=True)
    return path


def wheel_content(package: str, source: str) -> bytes:
    """Return a wheel with one package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{package}/__init__.py", source)
        archive.writestr(f"{package}-1.dist-info/METADATA", f"Name: {package}\nVersion: 1\n")
    return content.getvalue()
