"""`spark`: a Spark Connect session that is opened when it is first used."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from local.spark.session import SparkUnreachableError, fail_fast

__all__ = ["LazySession"]

_TABLE = "fs.viewfs.mounttable.local."


class LazySession:
    """Stands for the session: whatever is asked of it is asked of the session.

    Args:
        mounts: Returns the URL behind each mount point, as it is now.
        root: URL of the folder behind all paths that are no volume and no mount.

    Opening one takes a second, which a notebook without Spark need not wait for. The mounts of the
    environment are set in the session when it is opened, and again by `refresh_mounts`.
    """

    def __init__(self, mounts: Callable[[], Mapping[str, str]], root: str) -> None:
        self._mounts = mounts
        self._root = root
        self._linked: set[str] = set()
        self._session: SparkSession | None = None

    @property  # type: ignore[misc]  # it must look like the session's
    def __class__(self) -> type:  # `isinstance(spark, SparkSession)` holds, as it must
        return SparkSession

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the session has
        return getattr(self._opened(), name)

    def __repr__(self) -> str:
        return repr(self._session) if self._session else "<Spark Connect session, not opened yet>"

    def refresh_mounts(self) -> None:
        """Give an opened session the links of the mounts as they are now."""
        if self._session is not None:
            self._link(self._session)

    def _opened(self) -> SparkSession:
        if self._session is None:
            address = os.environ["SPARK_REMOTE"]
            _check_listens(address)
            session = SparkSession.builder.getOrCreate()
            fail_fast(session.client, address)
            session.conf.set(f"{_TABLE}linkFallback", self._root)
            self._link(session)
            self._session = session
        return self._session

    def _link(self, session: SparkSession) -> None:
        mounts = self._mounts()
        for gone in self._linked - mounts.keys():
            session.conf.unset(f"{_TABLE}link.{gone}")
        for mount_point, source in mounts.items():
            session.conf.set(f"{_TABLE}link.{mount_point}", source)
        self._linked = set(mounts)


def _check_listens(remote: str) -> None:
    """Check that a server listens: without it the client would try for ten minutes.

    Raises:
        SparkUnreachableError: Nobody listens there.
    """
    address = urlsplit(remote)
    try:
        socket.create_connection((address.hostname, address.port or 15002), timeout=5).close()
    except OSError as error:
        raise SparkUnreachableError(
            f"No Spark server answers at {address.hostname}:{address.port} ({error}). "
            "Start the stack with `make up`; `make status` shows what runs."
        ) from None
