"""AI/BI dashboards, which are stored only, and the list of SQL warehouses."""

from __future__ import annotations

import datetime as dt
import uuid

from databricks.sdk.service.dashboards import Dashboard
from starlette.routing import Route

from local.workspace.endpoints import Call, endpoint, parse
from local.workspace.errors import ApiError, not_found
from local.workspace.store import Document, Store
from local.workspace.tree import FileTree

__all__ = ["routes"]

_DASHBOARDS = "dashboards"
_WAREHOUSE = {
    "id": "0000000000000001",
    "name": "local (runs no queries; dashboards are stored only)",
    "state": "STOPPED",
    "cluster_size": "2X-Small",
    "enable_serverless_compute": False,
}


def routes(store: Store, tree: FileTree, user: str) -> list[Route]:
    """Return the routes of both API groups."""
    dashboards = _Dashboards(store, tree, user)
    api = "/api/2.0/lakeview/dashboards"
    warehouses = "/api/2.0/sql/warehouses"
    return [
        endpoint("POST", api, dashboards.create),
        endpoint("GET", api, dashboards.list),
        endpoint("GET", f"{api}/{{id}}", dashboards.get),
        endpoint("PATCH", f"{api}/{{id}}", dashboards.update),
        endpoint("DELETE", f"{api}/{{id}}", dashboards.trash),
        endpoint("GET", f"{api}/{{id}}/published", dashboards.get_published),
        endpoint("POST", f"{api}/{{id}}/published", dashboards.publish),
        endpoint("DELETE", f"{api}/{{id}}/published", dashboards.unpublish),
        endpoint("GET", warehouses, dashboards.list_warehouses),
        endpoint("GET", f"{warehouses}/{{id}}", dashboards.get_warehouse),
    ]


class _Dashboards:
    def __init__(self, store: Store, tree: FileTree, user: str) -> None:
        self._store = store
        self._tree = tree
        self._user = user

    async def create(self, call: Call) -> object:
        given = parse(Dashboard, _fields(call))
        number = uuid.uuid4().hex
        parent = given.parent_path or f"/Users/{self._user}"
        self._tree.make_folder(parent)
        name = given.display_name or "Untitled dashboard"
        document = given.as_dict() | {
            "dashboard_id": number,
            "display_name": name,
            "etag": "1",
            "lifecycle_state": "ACTIVE",
            "parent_path": parent,
            "path": f"{parent}/{name}.lvdash.json",
            "create_time": _now(),
            "update_time": _now(),
        }
        return self._put(number, document)

    async def list(self, call: Call) -> object:
        del call
        return {"dashboards": [_draft(found) for found in self._store.all(_DASHBOARDS).values()]}

    async def get(self, call: Call) -> object:
        return _draft(self._find(call))

    async def update(self, call: Call) -> object:
        old = self._find(call)
        given = parse(Dashboard, _fields(call)).as_dict()
        if given.get("etag") not in (None, old["etag"]):
            raise ApiError(
                409, "ABORTED", f"The dashboard has the etag {old['etag']}; got {given['etag']}."
            )
        changed = {"etag": str(int(old["etag"]) + 1), "update_time": _now()}
        return self._put(old["dashboard_id"], old | given | changed)

    async def trash(self, call: Call) -> object:
        self._store.delete(_DASHBOARDS, self._find(call)["dashboard_id"])
        return {}

    async def publish(self, call: Call) -> object:
        found = self._find(call)
        published = {
            "display_name": found["display_name"],
            "warehouse_id": call.arguments.get("warehouse_id") or found.get("warehouse_id"),
            "embed_credentials": call.flag("embed_credentials"),
            "revision_create_time": _now(),
        }
        self._put(found["dashboard_id"], found | {"published": published})
        return published

    async def get_published(self, call: Call) -> object:
        found = self._find(call)
        if "published" not in found:
            raise not_found(f"Published dashboard {found['dashboard_id']}")
        return found["published"]

    async def unpublish(self, call: Call) -> object:
        found = self._find(call)
        self._put(found["dashboard_id"], _draft(found))
        return {}

    async def list_warehouses(self, call: Call) -> object:
        del call
        return {"warehouses": [_WAREHOUSE]}

    async def get_warehouse(self, call: Call) -> object:
        if call.text("id") != _WAREHOUSE["id"]:
            raise not_found(f"SQL warehouse {call.text('id')}")
        return _WAREHOUSE

    def _find(self, call: Call) -> Document:
        found = self._store.get(_DASHBOARDS, call.text("id"))
        if found is None:
            raise not_found(f"Dashboard {call.text('id')}")
        return found

    def _put(self, number: str, document: Document) -> Document:
        return _draft(self._store.put(_DASHBOARDS, number, document))


def _fields(call: Call) -> Document:
    """Return the dashboard of a request: its body, without the arguments in the query."""
    query = call.request.query_params
    return {name: value for name, value in call.arguments.items() if name not in query}


def _draft(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "published"}


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
