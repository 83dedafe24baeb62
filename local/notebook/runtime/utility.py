"""What the utilities of `dbutils` share: their base class, their errors, their JSON files."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from local.files import write_atomically

__all__ = ["ExecutionError", "JsonFile", "NotSupportedError", "Utility"]


class ExecutionError(Exception):
    """Raised when an operation of `dbutils` failed.

    The text names the Java class that Databricks reports, because notebooks search for it.
    """


class NotSupportedError(AttributeError):
    """Raised when a notebook uses a part of `dbutils` that the local runtime does not support."""


class Utility:
    """A part of `dbutils`. Its public methods are the supported methods of Databricks."""

    _path = "dbutils"

    def __getattr__(self, name: str) -> NoReturn:
        """Reject an unsupported name.

        Raises:
            NotSupportedError: Always; the text lists the supported names.
        """
        supported = ", ".join(sorted(part for part in dir(self) if not part.startswith("_")))
        raise NotSupportedError(
            f"{self._path}.{name} is not supported by the local runtime. "
            f"{self._path} has: {supported}."
        )


class JsonFile:
    """A JSON object in a file that several kernels share.

    Readers never see a partial change. No concurrent change is lost.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return the object; empty when the file does not exist."""
        if not self.path.exists():
            return {}
        values: dict[str, Any] = json.loads(self.path.read_text())
        return values

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Lock the file and write it when the block succeeds.

        Yields:
            The object, to be changed in place.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            values = self.read()
            yield values
            write_atomically(self.path, json.dumps(values, indent=2))
