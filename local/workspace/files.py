"""The Workspace API, and the files behind it: notebooks, files and folders below `/Workspace`."""
# ruff: noqa: D102  # endpoints have the names of the API

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from databricks.sdk.service.workspace import Language, ObjectInfo, ObjectType
from starlette.requests import Request
from starlette.responses import Response

from local.workspace.api import ApiGroup, endpoint
from local.workspace.errors import ApiError, already_exists, invalid, not_found
from local.workspace.store import Document

__all__ = ["FileTree", "Files"]

_PREFIX = "/Workspace"
_NOTEBOOK_SUFFIX = ".ipynb"


class FileTree:
    """Workspace objects by path; `/Workspace/Users/…` and `/Users/…` are the same.

    A notebook has its suffix on disk and, as on Databricks, none in the API.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def disk_path(self, path: str) -> Path:
        """Return the path on disk of a workspace path, whether it exists or not.

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
        """Return the path on disk of an existing object; notebooks are found without their suffix.

        Raises:
            ApiError: Raised when there is no such object.
        """
        place = self.disk_path(path)
        notebook = place.with_name(place.name + _NOTEBOOK_SUFFIX)
        if place.exists():
            return place
        if notebook.is_file():
            return notebook
        raise not_found(f"Path ({path})")

    def status(self, place: Path) -> ObjectInfo:
        """Return the description of an object as the API gives it."""
        stat = place.stat()
        path = "/" + str(place.relative_to(self.root)).removeprefix(".")
        number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:6], "big") + 1
        info = ObjectInfo(
            path=path,
            object_id=number,
            resource_id=str(number),
            created_at=int(stat.st_ctime * 1000),
            modified_at=int(stat.st_mtime * 1000),
        )
        if place.is_dir():
            info.object_type = ObjectType.DIRECTORY
        elif place.suffix == _NOTEBOOK_SUFFIX:
            info.path = path.removesuffix(_NOTEBOOK_SUFFIX)
            info.object_type, info.language = ObjectType.NOTEBOOK, Language.PYTHON
        else:
            info.object_type, info.size = ObjectType.FILE, stat.st_size
        return info

    def make_folder(self, path: str) -> None:
        """Create a folder and its parents.

        Raises:
            ApiError: Raised when a file has the path.
        """
        try:
            self.disk_path(path).mkdir(parents=True, exist_ok=True)
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
            raise invalid(f"Path ({path}) is a folder.")
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
        if not place.is_dir():
            place.unlink()
        elif recursive or not any(place.iterdir()):
            shutil.rmtree(place)
        else:
            raise ApiError(
                400,
                "DIRECTORY_NOT_EMPTY",
                f"Folder ({path}) is not empty; pass recursive=true to delete its content too.",
            )


@dataclass(frozen=True)
class Files(ApiGroup):
    """Imports, exports, lists and deletes workspace files."""

    tree: FileTree

    @endpoint("GET", "/api/2.0/workspace/get-status")
    def get_status(self, path: str) -> ObjectInfo:
        return self.tree.status(self.tree.find(path))

    @endpoint("GET", "/api/2.0/workspace/list")
    def list(self, path: str) -> Document:
        place = self.tree.find(path)
        entries = sorted(place.iterdir()) if place.is_dir() else [place]
        return {"objects": [self.tree.status(entry).as_dict() for entry in entries]}

    @endpoint("GET", "/api/2.0/workspace/export")
    def export(self, path: str, format: str = "AUTO", direct_download: bool = False) -> object:  # noqa: A002, ARG002  # the API's name; any format gives the file
        place = self.tree.find(path)
        if place.is_dir():
            raise invalid(f"{path} is a folder; the local workspace exports files.")
        content = place.read_bytes()
        if direct_download:
            return Response(content, media_type="application/octet-stream")
        encoded = base64.b64encode(content).decode()
        return {"content": encoded, "file_type": place.suffix.lstrip(".")}

    @endpoint("POST", "/api/2.0/workspace/mkdirs")
    def mkdirs(self, path: str) -> None:
        self.tree.make_folder(path)

    @endpoint("POST", "/api/2.0/workspace/delete")
    def delete(self, path: str, recursive: bool = False) -> None:
        self.tree.delete(path, recursive=recursive)

    @endpoint("POST", "/api/2.0/workspace/import")
    def import_content(
        self,
        path: str,
        format: Literal["AUTO", "RAW"],  # noqa: A002, ARG002  # the API's name; files stay as they are
        content: bytes | str = b"",
        overwrite: bool = False,
    ) -> None:
        """Write a file of a form, or of a JSON body in Base64."""
        try:
            decoded = (
                base64.b64decode(content, validate=True) if isinstance(content, str) else content
            )
        except binascii.Error:
            raise invalid("Expected Base64 in the field 'content'.") from None
        self.tree.write(path, decoded, overwrite=overwrite)

    @endpoint("POST", "/api/2.0/workspace-files/import-file/{path:path}")
    async def import_file(self, path: str, request: Request, overwrite: bool = False) -> None:
        self.tree.write(f"/{path}", await request.body(), overwrite=overwrite)

    @endpoint("GET", "/api/2.0/workspace-files/{path:path}")
    def read(self, path: str) -> Response:
        return Response(self.tree.find(f"/{path}").read_bytes())
