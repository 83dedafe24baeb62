"""The files of the workspace on disk: notebooks, files and folders below `/Workspace`."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from local.workspace.errors import ApiError, already_exists, invalid, not_found
from local.workspace.store import Document

__all__ = ["FileTree"]

_PREFIX = "/Workspace"
_NOTEBOOK_SUFFIX = ".ipynb"
_SOURCE_HEADERS = {
    ".py": (b"# Databricks notebook source", "PYTHON"),
    ".sql": (b"-- Databricks notebook source", "SQL"),
}


class FileTree:
    """Workspace objects by path; `/Workspace/Users/…` and `/Users/…` are the same.

    A notebook has its suffix on disk and, as on Databricks, none in the API.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def disk_path(self, path: str) -> Path:
        """Return the place of a workspace path on disk, whether it exists or not.

        Raises:
            ApiError: Raised when the path is not absolute or leaves the workspace.
        """
        if not path.startswith("/"):
            raise invalid(f"Expected an absolute workspace path; got {path!r}.")
        inner = path.removeprefix(_PREFIX) if (path + "/").startswith(_PREFIX + "/") else path
        place = (self.root / inner.strip("/")).resolve()
        if not place.is_relative_to(self.root):
            raise invalid(f"The path {path!r} leaves the workspace.")
        return place

    def find(self, path: str) -> Path:
        """Return the place of an existing object; a notebook is found without its suffix.

        Raises:
            ApiError: Raised when there is no such object.
        """
        place = self.disk_path(path)
        suffixes = (_NOTEBOOK_SUFFIX, *_SOURCE_HEADERS)
        for candidate in (place, *(place.with_name(place.name + end) for end in suffixes)):
            if candidate == place and place.exists():
                return place
            if candidate != place and candidate.is_file() and _language(candidate):
                return candidate
        raise not_found(f"Path ({path})")

    def status(self, place: Path) -> Document:
        """Return the description of an object as the API gives it."""
        stat, language = place.stat(), _language(place)
        path = "/" + str(place.relative_to(self.root)).removeprefix(".")
        number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:6], "big") + 1
        document: Document = {
            "path": path.removesuffix(place.suffix) if language else path,
            "object_id": number,
            "resource_id": str(number),
            "created_at": int(stat.st_ctime * 1000),
            "modified_at": int(stat.st_mtime * 1000),
        }
        if place.is_dir():
            return document | {"object_type": "DIRECTORY"}
        if language:
            return document | {"object_type": "NOTEBOOK", "language": language}
        return document | {"object_type": "FILE", "size": stat.st_size}

    def children(self, place: Path) -> list[Document]:
        """Return the descriptions of a folder's objects, or of the file itself."""
        entries = sorted(place.iterdir()) if place.is_dir() else [place]
        return [self.status(entry) for entry in entries]

    def make_folder(self, path: str) -> None:
        """Create a folder and its parents.

        Raises:
            ApiError: Raised when a file has the path.
        """
        place = self.disk_path(path)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ApiError(
                400, "RESOURCE_ALREADY_EXISTS", f"A file has the path ({path}) or a parent of it."
            ) from None

    def write(self, path: str, content: bytes, *, overwrite: bool) -> None:
        """Write a file; a reader sees the old or the new content.

        Raises:
            ApiError: Raised when the parent folder is missing, or the file exists and `overwrite`
                is false.
        """
        place = self.disk_path(path)
        if not place.parent.is_dir():
            raise not_found(f"The parent folder ({Path(path).parent})")
        if place.exists() and not overwrite:
            raise already_exists(f"Path ({path})")
        if place.is_dir():
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Path ({path}) is a folder.")
        descriptor, temporary = tempfile.mkstemp(dir=self.root.parent, prefix=".upload-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(place)

    def delete(self, path: str, *, recursive: bool) -> None:
        """Delete an object.

        Raises:
            ApiError: Raised when a folder is not empty and `recursive` is false.
        """
        place = self.find(path)
        if place == self.root:
            raise invalid("The root of the workspace cannot be deleted.")
        if place.is_dir():
            if not recursive and any(place.iterdir()):
                raise ApiError(
                    400,
                    "DIRECTORY_NOT_EMPTY",
                    f"Folder ({path}) is not empty; pass recursive=true to delete its content too.",
                )
            shutil.rmtree(place)
        else:
            place.unlink()


def _language(place: Path) -> str | None:
    """Return the language of a notebook; null for anything else."""
    if place.is_dir():
        return None
    if place.suffix == _NOTEBOOK_SUFFIX:
        return "PYTHON"
    if place.suffix in _SOURCE_HEADERS:
        header, language = _SOURCE_HEADERS[place.suffix]
        with place.open("rb") as file:
            return language if file.readline().strip() == header else None
    return None
