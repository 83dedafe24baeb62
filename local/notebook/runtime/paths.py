"""Where a path of a notebook leads: the same links for `dbutils.fs` as for Spark."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from pyarrow import fs as arrow

from .errors import ExecutionError

__all__ = ["Location", "Storage", "View", "shown"]

_SCHEME = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):(?P<rest>/.*)")


@dataclass(frozen=True)
class Location:
    """A place in a storage.

    Attributes:
        storage: The file system.
        path: The path within it, without scheme.
        is_root: Whether a link points to this very place: it can be emptied but not removed.
    """

    storage: arrow.FileSystem
    path: str
    is_root: bool = False


@dataclass(frozen=True)
class Storage:
    """The file systems that links may lead to."""

    s3_endpoint: str | None
    s3_region: str
    access_key: str | None
    secret_key: str | None

    @cached_property
    def s3(self) -> arrow.FileSystem:
        """S3, through the environment's endpoint."""
        endpoint = urlsplit(self.s3_endpoint) if self.s3_endpoint else None
        return arrow.S3FileSystem(
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.s3_region,
            endpoint_override=endpoint.netloc if endpoint else None,
            scheme=endpoint.scheme if endpoint else "https",
            allow_bucket_creation=False,
        )

    @cached_property
    def disk(self) -> arrow.FileSystem:
        """The disk of the machine that the kernel runs on."""
        return arrow.LocalFileSystem()

    def locate(self, url: str) -> tuple[arrow.FileSystem, str]:
        """Return the file system and the path within it that a URL names.

        Raises:
            ExecutionError: It is of no storage that is supported.
        """
        match = _SCHEME.fullmatch(url)
        scheme = match["scheme"] if match else ""
        if match and scheme in {"s3", "s3a", "s3n"}:
            return self.s3, match["rest"].strip("/")
        if match and scheme == "file":
            return self.disk, posixpath.normpath("/" + unquote(match["rest"]).lstrip("/"))
        raise ExecutionError(
            f'org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "'
            f'{scheme}": {url}. Supported: dbfs:/…, /…, file:/…, s3a://….'
        )


@dataclass(frozen=True)
class View:
    """The one tree of paths that a notebook sees, made of links into storages.

    Attributes:
        links: Returns the URL behind each linked path; asked anew each time: mounts come and go.
        storage: What the URLs lead into.
    """

    links: Callable[[], Mapping[str, str]]
    storage: Storage

    def locate(self, path: str) -> Location:
        """Return the place that a notebook's path names.

        Raises:
            ExecutionError: The path is not absolute, or is of no storage that is supported.
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
        """Return the names directly below `path` that exist because a link is there or deeper."""
        tree_path = _tree_path(path)
        if tree_path is None:
            return set()
        above = tree_path.rstrip("/") + "/"
        return {
            link.removeprefix(above).split("/")[0]
            for link in self.links()
            if link.startswith(above) and link != above
        }

    def _link(self, path: str) -> tuple[str, str]:
        links = self.links()
        above = path
        while above not in links and above != "/":
            above = posixpath.dirname(above)
        if above not in links:
            raise ExecutionError(
                f"java.io.FileNotFoundException: {path}: no storage is linked here"
            )
        return above, links[above]


def shown(path: str) -> str:
    """Return a path as Databricks writes it: with its scheme, `dbfs:` where there is none."""
    tree_path = _tree_path(path)
    return path.rstrip("/") if tree_path is None else f"dbfs:{tree_path}"


def _tree_path(path: str) -> str | None:
    """Return the normal form of a path without scheme; null if it is one of another scheme.

    Raises:
        ExecutionError: The path is not absolute.
    """
    match = _SCHEME.fullmatch(path)
    if match and match["scheme"] != "dbfs":
        return None
    rest = match["rest"] if match else path
    if not rest.startswith("/"):
        raise ExecutionError(f"java.lang.IllegalArgumentException: Path must be absolute: {path}")
    return posixpath.normpath("/" + rest.lstrip("/"))
