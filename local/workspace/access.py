"""Identity, permissions and secrets. Nothing is enforced: there is one user."""
# ruff: noqa: D102  # endpoints have the names of the API

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk.service import iam, workspace
from starlette.responses import JSONResponse, Response

from local.files import write_atomically
from local.notebook.runtime.dbutils import SCOPES_FILE, read_scopes
from local.workspace.api import ApiGroup, endpoint, parse
from local.workspace.errors import ApiError, invalid, not_found
from local.workspace.store import Document, Store

__all__ = ["WORKSPACE_ID", "Access", "Secrets"]

WORKSPACE_ID = "1000000000000001"
"""The number that stands for the workspace in URLs and headers."""

_PERMISSIONS = "/api/2.0/permissions/{kind}/{object_id:path}"
_SECRETS = "/api/2.0/secrets"


@dataclass(frozen=True)
class Access(ApiGroup):
    """The user (SCIM), and the permissions of all objects, which are stored."""

    store: Store
    user: str

    @endpoint("GET", "/api/2.0/preview/scim/v2/Me")
    def me(self) -> Response:
        user = iam.User(
            id="1",
            user_name=self.user,
            display_name=self.user.partition("@")[0],
            active=True,
            emails=[iam.ComplexValue(value=self.user, primary=True)],
            groups=[iam.ComplexValue(display="users"), iam.ComplexValue(display="admins")],
        )
        return JSONResponse(user.as_dict(), headers={"X-Databricks-Org-Id": WORKSPACE_ID})

    @endpoint("GET", _PERMISSIONS)
    def get(self, kind: str, object_id: str) -> iam.ObjectPermissions:
        own = "IS_OWNER" if kind == "jobs" else "CAN_MANAGE"  # folders have no owner
        owner = {"user_name": self.user, "permission_level": own}
        stored = self.store.get("permissions", f"{kind}/{object_id}") or {"entries": [owner]}
        listed = [iam.AccessControlResponse.from_dict(entry) for entry in stored["entries"]]
        for response, entry in zip(listed, stored["entries"], strict=True):
            level = iam.PermissionLevel(entry["permission_level"])
            response.all_permissions = [iam.Permission(inherited=False, permission_level=level)]
        return iam.ObjectPermissions(listed, f"/{kind}/{object_id}", kind.removesuffix("s"))

    @endpoint("PUT", _PERMISSIONS)
    def put(
        self, kind: str, object_id: str, access_control_list: tuple[Document, ...] = ()
    ) -> iam.ObjectPermissions:
        entries = [parse(iam.AccessControlRequest, entry) for entry in access_control_list]
        for entry in entries:
            principal = entry.user_name or entry.group_name or entry.service_principal_name
            if not (entry.permission_level and principal):
                raise invalid(
                    f"Expected a permission_level and a principal; got {entry.as_dict()}."
                )
        stored = {"entries": [entry.as_dict() for entry in entries]}
        self.store.put("permissions", f"{kind}/{object_id}", stored)
        return self.get(kind, object_id)


@dataclass(frozen=True)
class Secrets(ApiGroup):
    """Secret scopes: their values in the file that notebooks read, their ACLs in the store."""

    store: Store
    state: Path
    user: str

    @endpoint("GET", f"{_SECRETS}/scopes/list")
    def list_scopes(self) -> Document:
        names = sorted(read_scopes(self.state))
        return {"scopes": [{"name": name, "backend_type": "DATABRICKS"} for name in names]}

    @endpoint("POST", f"{_SECRETS}/scopes/create")
    def create_scope(self, scope: str, scope_backend_type: str = "DATABRICKS") -> None:
        scopes = read_scopes(self.state)
        if scope in scopes:
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"Scope {scope} already exists.")
        if scope_backend_type != "DATABRICKS":
            raise invalid("The local workspace has scopes of the backend DATABRICKS only.")
        self._write({**scopes, scope: {}})

    @endpoint("POST", f"{_SECRETS}/scopes/delete")
    def delete_scope(self, scope: str) -> None:
        scopes = self._scopes(scope)
        del scopes[scope]
        self._write(scopes)
        self.store.delete("secret_acls", scope)

    @endpoint("GET", f"{_SECRETS}/list")
    def list_secrets(self, scope: str) -> Document:
        return {"secrets": [{"key": key} for key in sorted(self._scopes(scope)[scope])]}

    @endpoint("GET", f"{_SECRETS}/get")
    def get(self, scope: str, key: str) -> workspace.GetSecretResponse:
        secrets = self._scopes(scope)[scope]
        if key not in secrets:
            raise not_found(f"Secret {key} in scope {scope}")
        value = base64.b64encode(secrets[key].encode()).decode()
        return workspace.GetSecretResponse(key, value)

    @endpoint("POST", f"{_SECRETS}/put")
    def put(self, scope: str, key: str, string_value: str = "", bytes_value: str = "") -> None:
        scopes = self._scopes(scope)
        try:
            scopes[scope][key] = string_value or base64.b64decode(bytes_value).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise invalid("The local workspace stores secrets that are UTF-8 text.") from None
        self._write(scopes)

    @endpoint("POST", f"{_SECRETS}/delete")
    def delete(self, scope: str, key: str) -> None:
        scopes = self._scopes(scope)
        if scopes[scope].pop(key, None) is None:
            raise not_found(f"Secret {key} in scope {scope}")
        self._write(scopes)

    @endpoint("GET", f"{_SECRETS}/acls/list")
    def list_acls(self, scope: str) -> Document:
        acls = self._acls(scope).items()
        return {"items": [{"principal": who, "permission": level} for who, level in acls]}

    @endpoint("POST", f"{_SECRETS}/acls/put")
    def put_acl(self, scope: str, principal: str, permission: workspace.AclPermission) -> None:
        acls = self._acls(scope) | {principal: permission.value}
        self.store.put("secret_acls", scope, acls)

    @endpoint("POST", f"{_SECRETS}/acls/delete")
    def delete_acl(self, scope: str, principal: str) -> None:
        acls = self._acls(scope)
        if acls.pop(principal, None) is None:
            raise not_found(f"An ACL of {principal} on scope {scope}")
        self.store.put("secret_acls", scope, acls)

    def _scopes(self, scope: str) -> dict[str, dict[str, str]]:
        """Return the values of all scopes, among which `scope` must be."""
        scopes = read_scopes(self.state)
        if scope not in scopes:
            raise not_found(f"Scope {scope}")
        return scopes

    def _acls(self, scope: str) -> Document:
        """Return the permission of each principal on a scope, which must exist."""
        self._scopes(scope)
        stored = self.store.get("secret_acls", scope)
        return {self.user: "MANAGE"} if stored is None else stored

    def _write(self, scopes: dict[str, dict[str, str]]) -> None:
        write_atomically(self.state / SCOPES_FILE, json.dumps(scopes, indent=2))
