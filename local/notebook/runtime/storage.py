"""Which storage is behind a path of a notebook: links, mounts and file systems."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from filelock import FileLock

from local.files import write_atomically
from local.notebook.runtime.utility import ExecutionError

if TYPE_CHECKING:
    from pyarrow import fs as arrow

__all__ = ["Location", "MountTable", "PathView", "Storage", "full_path", "s3a_url"]

_SCHEME = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):(?P<rest>/.*)")
_MOUNT_SOURCE = re.compile(
    r"s3[an]?://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>/.*)?"
)
_MOUNT_POINT = re.compile(r"/mnt(/[^/]+)+")


@dataclass(frozen=True)
class Location:
    """A file or folder in a storage.

    Attributes:
        storage: The file system.
        path: The path within it, without scheme.
        is_root: Whether a link points to this path: it can be emptied but not removed.
    """

    storage: arrow.FileSystem
    path: str
    is_root: bool = False


@dataclass(frozen=True)
class Storage:
    """The file systems that links may lead to: the kernel's disk, and S3 at an endpoint."""

    s3_endpoint: str

    @cached_property
    def s3(self) -> arrow.FileSystem:
        """S3, with the keys among the kernel's variables."""
        from pyarrow import fs  # noqa: PLC0415  # slow to import

        endpoint = urlsplit(self.s3_endpoint)
        return fs.S3FileSystem(
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            region="us-east-1",  # the only one of the local environment
            endpoint_override=endpoint.netloc,
            scheme=endpoint.scheme,
            allow_bucket_creation=False,
        )

    def locate(self, url: str) -> tuple[arrow.FileSystem, str]:
        """Return the file system and the path within it that a URL names.

        Raises:
            ExecutionError: Raised when the scheme is not supported.
        """
        from pyarrow import fs  # noqa: PLC0415  # slow to import

        match = _SCHEME.fullmatch(url)
        scheme = match["scheme"] if match else ""
        if match and scheme in {"s3", "s3a", "s3n"}:
            return self.s3, match["rest"].strip("/")
        if match and scheme == "file":
            return fs.LocalFileSystem(), posixpath.normpath(
                "/" + unquote(match["rest"]).lstrip("/")
            )
        raise ExecutionError(
            f'org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "'
            f'{scheme}": {url}. Supported: dbfs:/…, /…, file:/…, s3a://….'
        )


@dataclass(frozen=True)
class PathView:
    """The tree of paths that a notebook sees, made of links into storages.

    Attributes:
        links: Returns the URL behind each linked path; called each time, because mounts change.
        storage: The file systems of the URLs.
    """

    links: Callable[[], Mapping[str, str]]
    storage: Storage

    def locate(self, path: str) -> Location:
        """Return the location that a notebook's path names.

        Raises:
            ExecutionError: Raised when the path is not absolute or its scheme is not supported.
        """
        tree_path = _tree_path(path)
        if tree_path is None:
            storage, inner = self.storage.locate(path)
            return Location(storage, inner, is_root="/" not in inner.strip("/"))
        link, url = self._link(tree_path)
        storage, inner = self.storage.locate(url)
        below = tree_path.removeprefix(link).strip("/")
        return Location(storage, posixpath.join(inner, below) if below else inner, not below)

    def linked_children(self, path: str) -> set[str]:
        """Return the names directly below `path` that are links or lead to deeper links."""
        tree_path = _tree_path(path)
        if tree_path is None:
            return set()
        parent = tree_path.rstrip("/") + "/"
        return {
            link.removeprefix(parent).split("/")[0]
            for link in self.links()
            if link.startswith(parent) and link != parent
        }

    def _link(self, path: str) -> tuple[str, str]:
        links = self.links()
        parent = path
        while parent not in links and parent != "/":
            parent = posixpath.dirname(parent)
        if parent not in links:
            raise ExecutionError(
                f"java.io.FileNotFoundException: {path}: no storage is linked here"
            )
        return parent, links[parent]


class MountTable:
    """The mounts of one environment, in a JSON file that all its kernels share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def links(self) -> dict[str, str]:
        """Return the `s3a://` URL behind each mount point."""
        return {mount_point: s3a_url(source) for mount_point, source in self.all().items()}

    def all(self) -> dict[str, str]:
        """Return the source of each mount by its mount point."""
        mounts: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return mounts

    def add(self, mount_point: str, source: str, *, replace: bool = False) -> None:
        """Add a mount.

        Raises:
            ExecutionError: Raised when the mount point is not below /mnt, or it is already in use
                and `replace` is false.
        """
        if not _MOUNT_POINT.fullmatch(mount_point):
            raise ExecutionError(
                "java.lang.IllegalArgumentException: requirement failed: a mount point is a path "
                f"such as /mnt/landing; got {mount_point!r}."
            )
        with self._change() as mounts:
            if mount_point in mounts and not replace:
                raise ExecutionError(
                    "java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement "
                    f"failed: Directory already mounted: {mount_point}"
                )
            mounts[mount_point] = source

    def remove(self, mount_point: str) -> None:
        """Remove a mount.

        Raises:
            ExecutionError: Raised when nothing is mounted there.
        """
        with self._change() as mounts:
            if mounts.pop(mount_point, None) is None:
                raise ExecutionError(
                    "java.rmi.RemoteException: java.lang.IllegalArgumentException: requirement "
                    f"failed: Directory not mounted: {mount_point}"
                )

    @contextmanager
    def _change(self) -> Iterator[dict[str, str]]:
        # The lock keeps two kernels from losing each other's change.
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_suffix(".lock")):
            mounts = self.all()
            yield mounts
            write_atomically(self._path, json.dumps(mounts, indent=2))


def s3a_url(source: str) -> str:
    """Return the `s3a://` URL of a mount's source.

    Raises:
        ExecutionError: Raised when the source is not a bucket or contains keys.
    """
    if "@" in source:
        raise ExecutionError(
            "java.lang.IllegalArgumentException: the source of a mount must not contain keys: "
            "everyone who lists the mounts would see them. Name only the bucket, s3a://<bucket>: "
            "the environment has its own access to it."
        )
    match = _MOUNT_SOURCE.fullmatch(source)
    if match is None:
        raise ExecutionError(
            "java.lang.UnsupportedOperationException: a mount's source is s3a://<bucket> or "
            f"s3a://<bucket>/<prefix>; got {source!r}."
        )
    return f"s3a://{match['bucket']}{(match['prefix'] or '').rstrip('/')}/"


def full_path(path: str) -> str:
    """Return a path as Databricks writes it: with its scheme, `dbfs:` by default."""
    tree_path = _tree_path(path)
    return path.rstrip("/") if tree_path is None else f"dbfs:{tree_path}"


def _tree_path(path: str) -> str | None:
    """Return the normal form of a DBFS path without scheme; null for a path with another scheme.

    Raises:
        ExecutionError: Raised when the path is not absolute.
    """
    match = _SCHEME.fullmatch(path)
    if match and match["scheme"] != "dbfs":
        return None
    rest = match["rest"] if match else path
    if not rest.startswith("/"):
        raise ExecutionError(f"java.lang.IllegalArgumentException: Path must be absolute: {path}")
    return posixpath.normpath("/" + rest.lstrip("/"))
