"""A temporary local environment: an empty state folder and free ports."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.settings import Settings
from local.supervisor.ports import free_port

__all__ = ["free_ports", "temporary_state"]


@contextmanager
def temporary_state() -> Iterator[Path]:
    """Create a folder and remove it at the end.

    Yields:
        The folder.
    """
    with tempfile.TemporaryDirectory(prefix="pinterest-pipeline-") as folder:
        yield Path(folder)


def free_ports() -> dict[str, int]:
    """Return a free port for each setting that is a port, by the name of the setting."""
    return {name: free_port() for name in Settings.model_fields if name.endswith("_port")}
