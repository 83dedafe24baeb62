"""The mounts of an environment: which bucket stands behind a path below /mnt, for every session."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from local.files import write_atomically

from .errors import ExecutionError

__all__ = ["MountInfo", "MountTable", "s3a_url"]

_SOURCE = re.compile(r"s3[an]?://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>/.*)?")
_MOUNT_POINT = re.compile(r"/mnt(/[^/]+)+")


class MountInfo(NamedTuple):
    """One mount, as `dbutils.fs.mounts()` returns it."""

    mountPoint: str  # noqa: N815  # the name is Databricks'
    source: str
    encryptionType: str  # noqa: N815  # the name is Databricks'


class MountTable:
    """The mounts of one environment, in a JSON file that all its kernels share.

    A change is seen whole or not at all, and none is lost when two kernels mount at once.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def links(self) -> dict[str, str]:
        """Return the `s3a://` URL behind every mount point."""
        return {mount_point: s3a_url(source) for mount_point, source in self.all().items()}

    def all(self) -> dict[str, str]:
        """Return the source of every mount by its mount point."""
        if not self._file.exists():
            return {}
        mounts: dict[str, str] = json.loads(self._file.read_text())
        return mounts

    def add(self, mount_point: str, source: str) -> None:
        """Add a mount.

        Raises:
            ExecutionError: The mount point is no path below /mnt, or is taken.
        """
        if not _MOUNT_POINT.fullmatch(mount_point):
            raise ExecutionError(
                "java.lang.IllegalArgumentException: requirement failed: a mount point is a path "
                f"such as /mnt/landing; got {mount_point!r}."
            )
        with self._locked():
            mounts = self.all()
            if mount_point in mounts:
                raise ExecutionError(
                    "java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement "
                    f"failed: Directory already mounted: {mount_point}"
                )
            self._write({**mounts, mount_point: source})

    def replace(self, mount_point: str, source: str) -> None:
        """Give an existing mount another source, or add the mount."""
        with self._locked():
            self._write({**self.all(), mount_point: source})

    def remove(self, mount_point: str) -> None:
        """Remove a mount.

        Raises:
            ExecutionError: Nothing is mounted there.
        """
        with self._locked():
            mounts = self.all()
            if mounts.pop(mount_point, None) is None:
                raise ExecutionError(
                    "java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement "
                    f"failed: Directory not mounted: {mount_point}"
                )
            self._write(mounts)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, mounts: dict[str, str]) -> None:
        write_atomically(self._file, json.dumps(mounts, indent=2, sort_keys=True))


def s3a_url(source: str) -> str:
    """Return the `s3a://` URL of what a mount names as its source.

    Raises:
        ExecutionError: It is not a bucket, or carries keys.
    """
    if "@" in source:
        raise ExecutionError(
            "java.lang.IllegalArgumentException: the source of a mount carries no keys: they would "
            "be seen by everyone who lists the mounts. Name the bucket only, s3a://<bucket>: the "
            "environment has its own access to it."
        )
    match = _SOURCE.fullmatch(source)
    if match is None:
        raise ExecutionError(
            "java.lang.UnsupportedOperationException: a mount's source is s3a://<bucket> or "
            f"s3a://<bucket>/<prefix>; got {source!r}."
        )
    return f"s3a://{match['bucket']}{(match['prefix'] or '').rstrip('/')}/"
