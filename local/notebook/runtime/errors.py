"""Errors of the runtime, and the base of every utility: what it cannot do, it says."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["ExecutionError", "NotSupportedError", "Utility"]


class ExecutionError(Exception):
    """Raised where Databricks raises it: an operation of `dbutils` failed.

    Its text names the Java class that Databricks reports, because notebooks look for it.
    """


class NotSupportedError(AttributeError):
    """Raised when a notebook asks for a part of `dbutils` that the local runtime does not have."""


class Utility:
    """A part of `dbutils`: its public methods are those of Databricks that are supported."""

    _path = "dbutils"

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what is not supported.

        Raises:
            NotSupportedError: Always; it names what is supported.
        """
        supported = ", ".join(sorted(part for part in dir(self) if not part.startswith("_")))
        raise NotSupportedError(
            f"{self._path}.{name} is not supported by the local runtime. "
            f"{self._path} has: {supported}."
        )
