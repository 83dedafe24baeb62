"""The Secrets API, on the file of secret scopes that `dbutils.secrets` of the notebooks reads."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

from starlette.routing import Route

from local.files import write_atomically
from local.notebook.runtime.dbutils import SCOPES_FILE, read_scopes
from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import ApiError, invalid, not_found
from local.workspace.states import milliseconds_now
from local.workspace.store import Document, Store

__all__ = ["routes"]

_SCOPES = "secret_scopes"


def routes(store: Store, state: Path, user: str) -> list[Route]:
    """Return the routes of the API group; `state` is the folder of the file."""
    secrets = _SecretScopes(store, state, user)
    api = "/api/2.0/secrets"
    return [
        endpoint("GET", f"{api}/scopes/list", secrets.list_scopes),
        endpoint("POST", f"{api}/scopes/create", secrets.create_scope),
        endpoint("POST", f"{api}/scopes/delete", secrets.delete_scope),
        endpoint("GET", f"{api}/list", secrets.list),
        endpoint("GET", f"{api}/get", secrets.get),
        endpoint("POST", f"{api}/put", secrets.put),
        endpoint("POST", f"{api}/delete", secrets.delete),
        endpoint("GET", f"{api}/acls/list", secrets.list_acls),
        endpoint("GET", f"{api}/acls/get", secrets.get_acl),
        endpoint("POST", f"{api}/acls/put", secrets.put_acl),
        endpoint("POST", f"{api}/acls/delete", secrets.delete_acl),
    ]


class _SecretScopes:
    """Values are in the file, so that notebooks read them; the store has their times and ACLs."""

    def __init__(self, store: Store, state: Path, user: str) -> None:
        self._store = store
        self._state = state
        self._user = user

    async def list_scopes(self, call: Call) -> object:
        del call
        names = sorted(read_scopes(self._state))
        return {"scopes": [{"name": name, "backend_type": "DATABRICKS"} for name in names]}

    async def create_scope(self, call: Call) -> object:
        name, scopes = call.text("scope"), read_scopes(self._state)
        if name in scopes:
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"Scope {name} already exists.")
        if call.text("scope_backend_type", "DATABRICKS") != "DATABRICKS":
            raise invalid("The local workspace has scopes of the backend DATABRICKS only.")
        self._write({**scopes, name: {}})
        self._store.put(_SCOPES, name, {"acls": {self._user: "MANAGE"}, "times": {}})
        return {}

    async def delete_scope(self, call: Call) -> object:
        name, scopes, _ = self._scope(call)
        self._write({other: values for other, values in scopes.items() if other != name})
        self._store.delete(_SCOPES, name)
        return {}

    async def list(self, call: Call) -> object:
        name, scopes, stored = self._scope(call)
        times = stored["times"]
        return {
            "secrets": [
                {"key": key, "last_updated_timestamp": times.get(key, 0)}
                for key in sorted(scopes[name])
            ]
        }

    async def get(self, call: Call) -> object:
        name, scopes, _ = self._scope(call)
        key = call.text("key")
        if key not in scopes[name]:
            raise not_found(f"Secret {key} in scope {name}")
        return {"key": key, "value": base64.b64encode(scopes[name][key].encode()).decode()}

    async def put(self, call: Call) -> object:
        name, scopes, stored = self._scope(call)
        key, value = call.text("key"), _value(call)
        self._write({**scopes, name: {**scopes[name], key: value}})
        stored["times"][key] = milliseconds_now()
        self._store.put(_SCOPES, name, stored)
        return {}

    async def delete(self, call: Call) -> object:
        name, scopes, _ = self._scope(call)
        key = call.text("key")
        if key not in scopes[name]:
            raise not_found(f"Secret {key} in scope {name}")
        kept = {other: value for other, value in scopes[name].items() if other != key}
        self._write({**scopes, name: kept})
        return {}

    async def list_acls(self, call: Call) -> object:
        _, _, stored = self._scope(call)
        items = stored["acls"].items()
        return {"items": [{"principal": who, "permission": what} for who, what in items]}

    async def get_acl(self, call: Call) -> object:
        name, _, stored = self._scope(call)
        principal = call.text("principal")
        if principal not in stored["acls"]:
            raise not_found(f"An ACL of {principal} on scope {name}")
        return {"principal": principal, "permission": stored["acls"][principal]}

    async def put_acl(self, call: Call) -> object:
        name, _, stored = self._scope(call)
        stored["acls"][call.text("principal")] = call.text("permission")
        self._store.put(_SCOPES, name, stored)
        return {}

    async def delete_acl(self, call: Call) -> object:
        name, _, stored = self._scope(call)
        if stored["acls"].pop(call.text("principal"), None) is None:
            raise not_found(f"An ACL of {call.text('principal')} on scope {name}")
        self._store.put(_SCOPES, name, stored)
        return {}

    def _scope(self, call: Call) -> tuple[str, dict[str, dict[str, str]], Document]:
        """Return the scope's name, the values of all scopes, and what is stored of the scope."""
        name, scopes = call.text("scope"), read_scopes(self._state)
        if name not in scopes:
            raise not_found(f"Scope {name}")
        stored = self._store.get(_SCOPES, name) or {"acls": {self._user: "MANAGE"}, "times": {}}
        return name, scopes, stored

    def _write(self, scopes: dict[str, dict[str, str]]) -> None:
        write_atomically(self._state / SCOPES_FILE, json.dumps(scopes, indent=2))


def _value(call: Call) -> str:
    encoded = call.arguments.get("bytes_value")
    if encoded is None:
        return str(call.arguments.get("string_value") or "")
    try:
        return base64.b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("The local workspace stores secrets that are UTF-8 text.") from None
