"""AI/BI dashboards, which are stored and published, but not drawn."""
# ruff: noqa: D102  # endpoints have the names of the API

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from databricks.sdk.service.dashboards import Dashboard, LifecycleState, PublishedDashboard

from local.workspace.api import ApiGroup, endpoint, parse
from local.workspace.errors import ApiError
from local.workspace.files import FileTree
from local.workspace.store import Document, Store

__all__ = ["Dashboards"]

_API = "/api/2.0/lakeview/dashboards"


@dataclass(frozen=True)
class Dashboards(ApiGroup):
    """Creates, changes, publishes and deletes dashboards."""

    store: Store
    tree: FileTree
    user: str

    @endpoint("POST", _API)
    def create(self, body: Document) -> Document:
        dashboard = parse(Dashboard, body)
        dashboard.dashboard_id = uuid.uuid4().hex
        dashboard.etag = "1"
        dashboard.lifecycle_state = LifecycleState.ACTIVE
        dashboard.display_name = dashboard.display_name or "Untitled dashboard"
        dashboard.parent_path = dashboard.parent_path or f"/Users/{self.user}"
        dashboard.path = f"{dashboard.parent_path}/{dashboard.display_name}.lvdash.json"
        dashboard.create_time = dashboard.update_time = _now()
        self.tree.make_folder(dashboard.parent_path)
        return self.store.put("dashboards", dashboard.dashboard_id, dashboard.as_dict())

    @endpoint("GET", f"{_API}/{{dashboard_id}}")
    def get(self, dashboard_id: str) -> Document:
        return self.store.find("dashboards", dashboard_id)

    @endpoint("PATCH", f"{_API}/{{dashboard_id}}")
    def update(self, dashboard_id: str, body: Document) -> Document:
        old = self.store.find("dashboards", dashboard_id)
        given = parse(Dashboard, body).as_dict()
        if given.get("etag") not in (None, old["etag"]):
            raise ApiError(
                409, "ABORTED", f"The dashboard has the etag {old['etag']}; got {given['etag']}."
            )
        changed = {"etag": str(int(old["etag"]) + 1), "update_time": _now()}
        return self.store.put("dashboards", dashboard_id, old | given | changed)

    @endpoint("DELETE", f"{_API}/{{dashboard_id}}")
    def trash(self, dashboard_id: str) -> None:
        self.store.find("dashboards", dashboard_id)
        self.store.delete("dashboards", dashboard_id)
        self.store.delete("published", dashboard_id)

    @endpoint("POST", f"{_API}/{{dashboard_id}}/published")
    def publish(
        self, dashboard_id: str, warehouse_id: str | None = None, embed_credentials: bool = False
    ) -> Document:
        draft = self.store.find("dashboards", dashboard_id)
        published = PublishedDashboard(
            display_name=draft["display_name"],
            warehouse_id=warehouse_id or draft.get("warehouse_id"),
            embed_credentials=embed_credentials,
            revision_create_time=_now(),
        )
        return self.store.put("published", dashboard_id, published.as_dict())

    @endpoint("GET", f"{_API}/{{dashboard_id}}/published")
    def get_published(self, dashboard_id: str) -> Document:
        return self.store.find("published", dashboard_id)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
