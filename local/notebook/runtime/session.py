"""`spark`: a Spark Connect session that opens at its first use."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["LazySession"]

_MOUNT_TABLE = "fs.viewfs.mounttable.local."


class LazySession:
    """Passes every attribute on to the session.

    A notebook without Spark imports no pyspark, which takes seconds. The session gets the mounts
    of the environment when it opens, and again by `refresh_mounts`.

    Args:
        mounts: Returns the current URL behind each mount point.
        root: URL of the folder for all paths that are neither a volume nor a mount.
        packages: Packages whose functions the server gets by value when a query calls them.
    """

    def __init__(
        self, mounts: Callable[[], Mapping[str, str]], root: str, packages: Sequence[str] = ()
    ) -> None:
        self._mounts = mounts
        self._root = root
        self._packages = packages
        self._linked: set[str] = set()
        self._session: SparkSession | None = None

    @property  # type: ignore[misc]  # it must be the session's class
    def __class__(self) -> type:  # `isinstance(spark, SparkSession)` must hold
        from pyspark.sql import SparkSession  # noqa: PLC0415  # slow to import

        return SparkSession

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # any attribute of the session
        return getattr(self._open(), name)

    def __repr__(self) -> str:
        return repr(self._session) if self._session else "<Spark Connect session, not opened yet>"

    def refresh_mounts(self) -> None:
        """Set the current mounts in the session if it is open."""
        if self._session is not None:
            self._link_mounts(self._session)

    def _open(self) -> SparkSession:
        if self._session is None:
            session = _connect(os.environ["SPARK_REMOTE"])
            session.conf.set(f"{_MOUNT_TABLE}linkFallback", self._root)
            self._link_mounts(session)
            _send_by_value(self._packages)
            self._session = session
        return self._session

    def _link_mounts(self, session: SparkSession) -> None:
        mounts = self._mounts()
        for removed in self._linked - mounts.keys():
            session.conf.unset(f"{_MOUNT_TABLE}link.{removed}")
        for mount_point, url in mounts.items():
            session.conf.set(f"{_MOUNT_TABLE}link.{mount_point}", url)
        self._linked = set(mounts)


def _send_by_value(packages: Sequence[str]) -> None:
    from pyspark import cloudpickle  # noqa: PLC0415  # slow to import

    for package in packages:
        cloudpickle.register_pickle_by_value(importlib.import_module(package))  # type: ignore[no-untyped-call]  # untyped library


def _connect(remote: str) -> SparkSession:
    """Return a session; check first that a server listens, because the client retries for minutes.

    Raises:
        SparkUnreachableError: Raised when no server listens.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415  # slow to import

    from local.spark.session import SparkUnreachableError, fail_fast  # noqa: PLC0415  # same

    address = urlsplit(remote)
    try:
        socket.create_connection((address.hostname, address.port or 15002), timeout=5).close()
    except OSError as error:
        raise SparkUnreachableError(
            f"No Spark server answers at {address.hostname}:{address.port} ({error}). "
            "Start the stack with `make up`; `make status` shows what runs."
        ) from None
    session = SparkSession.builder.getOrCreate()
    fail_fast(session.client, remote)
    return session
