"""Which storage stands behind the environment's paths, from the Spark server's own values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from local.secrets import Secrets
from local.services.spark import properties
from local.settings import Settings

__all__ = ["dbfs_root", "links_of"]

_LINK = "spark.hadoop.fs.viewfs.mounttable.local.link."


def links_of(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Return the URL behind each path that the Spark server links; `/` is where all others lead.

    That is a folder in the state, as all other paths are DBFS' own storage on Databricks: never
    the disk itself, where a `dbutils.fs.rm("/tmp", True)` would be a disaster.
    """
    spark_properties = properties(settings, secrets, settings.state / "spark")
    return {**dict(_links(spark_properties)), "/": dbfs_root(settings).as_uri()}


def dbfs_root(settings: Settings) -> Path:
    """Return the folder that holds the files of all paths that are no volume and no mount."""
    return settings.state / "workspace" / "dbfs"


def _links(spark_properties: str) -> Iterator[tuple[str, str]]:
    for line in spark_properties.splitlines():
        name, _, url = line.partition(" ")
        if name.startswith(_LINK):
            yield name.removeprefix(_LINK), url.strip()
