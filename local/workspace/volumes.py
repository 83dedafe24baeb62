"""The Files API: files and folders of volumes."""

from __future__ import annotations

import posixpath
from email.utils import formatdate

from pyarrow import fs as arrow
from starlette.responses import Response
from starlette.routing import Route

from local.notebook.runtime.storage import Location, PathView
from local.notebook.runtime.utility import ExecutionError
from local.workspace.endpoints import Call, endpoint, run_in_threadpool
from local.workspace.errors import ApiError, already_exists, invalid, not_found
from local.workspace.store import Document

__all__ = ["routes"]


def routes(view: PathView) -> list[Route]:
    """Return the routes of the API group; `view` leads to the storage of each volume."""
    volumes = _Volumes(view)
    files, folders = "/api/2.0/fs/files/{path:path}", "/api/2.0/fs/directories/{path:path}"
    return [
        endpoint("GET", files, volumes.download),
        endpoint("HEAD", files, volumes.describe_file),
        endpoint("PUT", files, volumes.upload),
        endpoint("DELETE", files, volumes.delete_file),
        endpoint("GET", folders, volumes.list),
        endpoint("HEAD", folders, volumes.describe_folder),
        endpoint("PUT", folders, volumes.make_folder),
        endpoint("DELETE", folders, volumes.delete_folder),
    ]


class _Volumes:
    def __init__(self, view: PathView) -> None:
        self._view = view

    async def download(self, call: Call) -> object:
        location, info = await self._file(call)
        content = await run_in_threadpool(_read, location)
        return Response(content, headers=_headers(info), media_type="application/octet-stream")

    async def describe_file(self, call: Call) -> object:
        _, info = await self._file(call)
        return Response(headers={**_headers(info), "content-length": str(info.size)})

    async def upload(self, call: Call) -> object:
        location, info = await self._locate(call)
        overwrite = call.request.query_params.get("overwrite") == "true"
        if info.type != arrow.FileType.NotFound and not overwrite:
            raise already_exists(f"The file {_path(call)}")
        await run_in_threadpool(_write, location, await call.request.body())
        return Response(status_code=204)

    async def delete_file(self, call: Call) -> object:
        location, _ = await self._file(call)
        await run_in_threadpool(location.storage.delete_file, location.path)
        return Response(status_code=204)

    async def list(self, call: Call) -> object:
        location = await self._folder(call)
        selector = arrow.FileSelector(location.path)
        entries = await run_in_threadpool(location.storage.get_file_info, selector)
        folder = _path(call)
        return {"contents": sorted((_entry(folder, e) for e in entries), key=lambda e: e["path"])}

    async def describe_folder(self, call: Call) -> object:
        await self._folder(call)
        return Response()

    async def make_folder(self, call: Call) -> object:
        location, _ = await self._locate(call)
        await run_in_threadpool(location.storage.create_dir, location.path, recursive=True)
        return Response(status_code=204)

    async def delete_folder(self, call: Call) -> object:
        location = await self._folder(call)
        entries = location.storage.get_file_info(arrow.FileSelector(location.path))
        if entries or location.is_root:
            raise ApiError(
                400, "FILES_API_DIRECTORY_IS_NOT_EMPTY", f"{_path(call)} is not empty, or a volume."
            )
        await run_in_threadpool(location.storage.delete_dir, location.path)
        return Response(status_code=204)

    async def _locate(self, call: Call) -> tuple[Location, arrow.FileInfo]:
        path = _path(call)
        try:
            location = self._view.locate(path)
        except ExecutionError:
            raise not_found(f"The volume of {path}") from None
        try:
            info = await run_in_threadpool(location.storage.get_file_info, location.path)
        except OSError as error:
            # Clients would repeat the request for minutes after 503.
            raise ApiError(400, "INVALID_STATE", f"{path}: {error}") from error
        return location, info

    async def _file(self, call: Call) -> tuple[Location, arrow.FileInfo]:
        location, info = await self._locate(call)
        if info.type != arrow.FileType.File:
            raise not_found(f"The file {_path(call)}")
        return location, info

    async def _folder(self, call: Call) -> Location:
        location, info = await self._locate(call)
        if info.type != arrow.FileType.Directory:
            raise not_found(f"The directory {_path(call)}")
        return location


def _path(call: Call) -> str:
    path: str = posixpath.normpath("/" + call.request.path_params["path"].strip("/"))
    if not path.startswith("/Volumes/"):
        raise invalid(f"Expected a path below /Volumes/; got {path!r}.")
    return path


def _read(location: Location) -> bytes:
    with location.storage.open_input_stream(location.path) as stream:
        content: bytes = stream.read()
    return content


def _write(location: Location, content: bytes) -> None:
    if not isinstance(location.storage, arrow.S3FileSystem):  # S3 needs no folders
        location.storage.create_dir(posixpath.dirname(location.path), recursive=True)
    with location.storage.open_output_stream(location.path) as stream:
        stream.write(content)


def _headers(info: arrow.FileInfo) -> dict[str, str]:
    return {"last-modified": formatdate((info.mtime_ns or 0) / 1e9, usegmt=True)}


def _entry(folder: str, info: arrow.FileInfo) -> Document:
    return {
        "path": posixpath.join(folder, info.base_name),
        "name": info.base_name,
        "is_directory": info.type == arrow.FileType.Directory,
        "file_size": info.size or 0,
        "last_modified": (info.mtime_ns or 0) // 1_000_000,
    }
