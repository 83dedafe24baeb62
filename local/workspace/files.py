"""The Workspace API: import, export, list and delete workspace files."""

from __future__ import annotations

import base64
import binascii

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import invalid
from local.workspace.tree import FileTree

__all__ = ["routes"]

_FORMATS = ("AUTO", "RAW", "JUPYTER", "SOURCE")
_SOURCE_HEADER = b"# Databricks notebook source\n"


def routes(tree: FileTree) -> list[Route]:
    """Return the routes of the API group."""
    files = _Files(tree)
    api = "/api/2.0/workspace"
    return [
        endpoint("GET", f"{api}/get-status", files.get_status),
        endpoint("GET", f"{api}/list", files.list),
        endpoint("GET", f"{api}/export", files.export),
        endpoint("POST", f"{api}/mkdirs", files.mkdirs),
        endpoint("POST", f"{api}/delete", files.delete),
        endpoint("POST", f"{api}/import", files.import_content),
        endpoint("POST", f"{api}-files/import-file/{{path:path}}", files.import_file),
        endpoint("GET", f"{api}-files/{{path:path}}", files.read),
    ]


class _Files:
    def __init__(self, tree: FileTree) -> None:
        self._tree = tree

    async def get_status(self, call: Call) -> object:
        return self._tree.status(self._tree.find(call.text("path")))

    async def list(self, call: Call) -> object:
        return {"objects": self._tree.children(self._tree.find(call.text("path")))}

    async def export(self, call: Call) -> object:
        place = self._tree.find(call.text("path"))
        if place.is_dir():
            raise invalid(f"{call.text('path')} is a folder; the local workspace exports files.")
        content = place.read_bytes()
        if call.flag("direct_download"):
            return Response(content, media_type="application/octet-stream")
        return {
            "content": base64.b64encode(content).decode(),
            "file_type": place.suffix.lstrip("."),
        }

    async def mkdirs(self, call: Call) -> object:
        self._tree.make_folder(call.text("path"))
        return {}

    async def delete(self, call: Call) -> object:
        self._tree.delete(call.text("path"), recursive=call.flag("recursive"))
        return {}

    async def import_file(self, call: Call) -> object:
        overwrite = call.request.query_params.get("overwrite") == "true"
        path = "/" + call.request.path_params["path"]
        self._tree.write(path, await call.request.body(), overwrite=overwrite)
        return {}

    async def read(self, call: Call) -> object:
        place = self._tree.find("/" + call.request.path_params["path"])
        return Response(place.read_bytes(), media_type="application/octet-stream")

    async def import_content(self, call: Call) -> object:
        call, content = await _upload(call)
        path, kind = call.text("path"), call.text("format", "SOURCE")
        if kind not in _FORMATS:
            raise invalid(f"Expected a format of {', '.join(_FORMATS)}; got {kind!r}.")
        if kind == "JUPYTER" and not path.endswith(".ipynb"):
            path += ".ipynb"
        if kind == "SOURCE" and not path.endswith(".py"):
            if call.text("language", "PYTHON") != "PYTHON":
                raise invalid("The local workspace imports Python notebooks only.")
            path += ".py"
        if kind == "SOURCE" and not content.startswith(_SOURCE_HEADER.strip()):
            content = _SOURCE_HEADER + content
        self._tree.write(path, content, overwrite=call.flag("overwrite"))
        return {}


async def _upload(call: Call) -> tuple[Call, bytes]:
    """Return the call and the content of a form, or of a JSON body."""
    if call.request.headers.get("content-type", "").startswith("multipart/"):
        form = await call.request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("content")
        content = await file.read() if isinstance(file, UploadFile) else str(file or "").encode()
        return Call(call.request, fields), content
    try:
        return call, base64.b64decode(call.text("content", "IA=="), validate=True)
    except binascii.Error:
        raise invalid("Expected Base64 in the field 'content'.") from None
