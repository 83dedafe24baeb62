"""The storage behind the paths of notebooks: the same links as the Spark server's."""

from __future__ import annotations

from pathlib import Path

from local.services.spark import storage_links
from local.settings import Settings

__all__ = ["dbfs_root", "notebook_links"]


def notebook_links(settings: Settings) -> dict[str, str]:
    """Return the URL behind each linked path; `/` is the root of all other paths.

    All other paths lead to a folder in the state, like DBFS' own storage on Databricks. They
    never lead to the disk itself, where `dbutils.fs.rm("/tmp", True)` would be a disaster.
    """
    return {**storage_links(settings), "/": dbfs_root(settings).as_uri()}


def dbfs_root(settings: Settings) -> Path:
    """Return the folder that holds the files of all paths outside volumes and mounts."""
    return settings.state / "workspace" / "dbfs"
