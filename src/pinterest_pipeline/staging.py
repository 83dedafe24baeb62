"""The folders in which a run keeps the outcomes of its micro-batches, below the checkpoints."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

__all__ = ["FileSystem", "Staging"]

_KEPT_SECONDS = 24 * 3_600
"""A run that was stopped may still write for some time, so its folder is kept for a day."""


class FileInfo(Protocol):
    """One entry of a folder. The names are those of Databricks."""

    @property
    def path(self) -> str: ...
    @property
    def modificationTime(self) -> int: ...  # noqa: N802
    def isDir(self) -> bool: ...  # noqa: N802


class FileSystem(Protocol):
    """What this module uses of `dbutils.fs`."""

    def ls(self, path: str, /) -> Iterable[FileInfo]: ...  # noqa: D102
    def mkdirs(self, path: str, /) -> object: ...  # noqa: D102
    def rm(self, path: str, recurse: bool, /) -> object: ...  # noqa: D102


@dataclass(frozen=True)
class Staging:
    """The folders of one run, one per query. As a context, it removes them at the end.

    A stopped run may still write its outcome, so each run has folders of its own, and a run that
    fails keeps them. A later run removes them when no file in them is younger than a day.

    Attributes:
        files: Where the checkpoints are, such as `dbutils.fs`. Null removes nothing.
    """

    files: FileSystem | None = None
    _run: str = field(default_factory=lambda: uuid.uuid4().hex, init=False)
    _checkpoints: list[str] = field(default_factory=list, init=False)

    def folder(self, checkpoint: str) -> str:
        """Return the run's folder for the query with this checkpoint."""
        self._checkpoints.append(checkpoint)
        return f"{_staged(checkpoint)}/{self._run}"

    def remove_leftovers(self, checkpoint: str) -> None:
        """Remove the folders of earlier runs of the query, unless they may still be used."""
        if self.files is None:
            return
        kept_since = (time.time() - _KEPT_SECONDS) * 1_000
        self.files.mkdirs(_staged(checkpoint))
        for path in _folders(self.files, checkpoint):
            if _newest_milliseconds(self.files, path) < kept_since:
                self.files.rm(path, True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self.files is None or kind is not None:
            return
        for checkpoint in self._checkpoints:
            for path in _folders(self.files, checkpoint):
                if path.rstrip("/").endswith(f"/{self._run}"):
                    self.files.rm(path, True)


def _staged(checkpoint: str) -> str:
    return f"{checkpoint}/staged"


def _folders(files: FileSystem, checkpoint: str) -> list[str]:
    return [entry.path for entry in files.ls(_staged(checkpoint)) if entry.isDir()]


def _newest_milliseconds(files: FileSystem, folder: str) -> int:
    """Return when the newest file in a folder was written, since 1970; 0 without files."""
    return max(
        (
            _newest_milliseconds(files, entry.path) if entry.isDir() else entry.modificationTime
            for entry in files.ls(folder)
        ),
        default=0,
    )
