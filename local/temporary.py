"""A temporary local environment: an empty state folder and free ports."""

from __future__ import annotations

import shutil
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
    folder = Path(tempfile.mkdtemp(prefix="pinterest-pipeline-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def free_ports() -> dict[str, int]:
    """Return a free port for each setting that is a port, by the name of the setting."""
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    ports: set[int] = set()
    while len(ports) < len(names):
        ports.add(free_port())
    return dict(zip(names, ports, strict=True))
