"""Which storage stands behind the environment's paths, from the Spark server's own values."""

from __future__ import annotations

from collections.abc import Iterator

from local.spark.service import properties
from local.stack.secrets import Secrets
from local.stack.settings import Settings

__all__ = ["links_of"]

_TABLE = "spark.hadoop.fs.viewfs.mounttable.local."


def links_of(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Return the URL behind each path that the Spark server links; `/` is where all others lead."""
    return dict(_links(properties(settings, secrets, settings.state / "spark")))


def _links(spark_properties: str) -> Iterator[tuple[str, str]]:
    for line in spark_properties.splitlines():
        name, _, url = line.partition(" ")
        if name.startswith(f"{_TABLE}link."):
            yield name.removeprefix(f"{_TABLE}link."), url.strip()
        elif name == f"{_TABLE}linkFallback":
            yield "/", url.strip()
