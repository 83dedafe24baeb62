"""Identity (SCIM) and permissions, which are stored but not enforced: there is one user."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.routing import Route

from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import invalid
from local.workspace.store import Document, Store

__all__ = ["WORKSPACE_ID", "routes"]

WORKSPACE_ID = "1000000000000001"
"""The number that stands for the workspace in URLs and headers."""

_PERMISSIONS = "permissions"
_PRINCIPALS = ("user_name", "group_name", "service_principal_name")


def routes(store: Store, user: str) -> list[Route]:
    """Return the routes of both API groups."""
    access = _Access(store, user)
    permissions = "/api/2.0/permissions/{kind}/{id:path}"
    return [
        endpoint("GET", "/api/2.0/preview/scim/v2/Me", access.me),
        endpoint("GET", permissions, access.get),
        endpoint("PUT", permissions, access.put),
        endpoint("PATCH", permissions, access.patch),
    ]


class _Access:
    def __init__(self, store: Store, user: str) -> None:
        self._store = store
        self._user = user

    async def me(self, call: Call) -> object:
        del call
        groups = ({"display": "users"}, {"display": "admins"})
        body = {
            "id": "1",
            "userName": self._user,
            "displayName": self._user.partition("@")[0],
            "active": True,
            "emails": [{"value": self._user, "primary": True}],
            "groups": groups,
        }
        return JSONResponse(body, headers={"X-Databricks-Org-Id": WORKSPACE_ID})

    async def get(self, call: Call) -> object:
        return _answer(call, self._entries(call))

    async def put(self, call: Call) -> object:
        return self._write(call, [])

    async def patch(self, call: Call) -> object:
        return self._write(call, self._entries(call))

    def _write(self, call: Call, kept: list[Document]) -> Document:
        given = call.arguments.get("access_control_list") or []
        for entry in given:
            if not entry.get("permission_level") or _principal(entry) == (None, None, None):
                raise invalid(
                    f"Expected a permission_level and one of {', '.join(_PRINCIPALS)}; got {entry}."
                )
        named = {_principal(entry) for entry in given}
        entries = [entry for entry in kept if _principal(entry) not in named] + list(given)
        self._store.put(_PERMISSIONS, _key(call), {"entries": entries})
        return _answer(call, entries)

    def _entries(self, call: Call) -> list[Document]:
        stored = self._store.get(_PERMISSIONS, _key(call))
        level = "IS_OWNER" if call.text("kind") == "jobs" else "CAN_MANAGE"  # folders have no owner
        owner = {"user_name": self._user, "permission_level": level}
        return list(stored["entries"]) if stored else [owner]


def _answer(call: Call, entries: list[Document]) -> Document:
    listed = [
        {name: entry[name] for name in _PRINCIPALS if entry.get(name)}
        | {"all_permissions": [{"permission_level": entry["permission_level"], "inherited": False}]}
        for entry in entries
    ]
    kind = call.text("kind").rstrip("s")
    return {"object_id": f"/{_key(call)}", "object_type": kind, "access_control_list": listed}


def _key(call: Call) -> str:
    return f"{call.text('kind')}/{call.text('id')}"


def _principal(entry: Document) -> tuple[str | None, ...]:
    return tuple(entry.get(name) or None for name in _PRINCIPALS)
