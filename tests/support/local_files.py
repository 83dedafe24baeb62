"""The disk, with the part of `dbutils.fs` that the library uses."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LocalFiles"]


@dataclass(frozen=True)
class _Entry:
    path: str
    modificationTime: int  # noqa: N815  # the name is Databricks'

    def isDir(self) -> bool:  # noqa: N802  # the name is Databricks'
        return self.path.endswith("/")


class LocalFiles:
    """Lists, creates and removes folders, as `dbutils.fs` does."""

    def ls(self, path: str) -> list[_Entry]:
        return [
            _Entry(f"{entry}/", 0)
            if entry.is_dir()
            else _Entry(str(entry), int(entry.stat().st_mtime * 1_000))
            for entry in Path(path).iterdir()
        ]

    def mkdirs(self, path: str) -> bool:
        Path(path).mkdir(parents=True, exist_ok=True)
        return True

    def rm(self, path: str, recurse: bool) -> bool:
        assert recurse
        shutil.rmtree(path)
        return True
