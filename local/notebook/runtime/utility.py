"""The base class and the errors of the utilities of `dbutils`."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["ExecutionError", "NotSupportedError", "Utility"]


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
