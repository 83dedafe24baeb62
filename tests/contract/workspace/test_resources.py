"""Files, Unity Catalog, secrets, permissions, dashboards and pages, without Spark."""

from __future__ import annotations

import io

import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    BadRequest,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType
from databricks.sdk.service.dashboards import Dashboard
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from databricks.sdk.service.workspace import AclPermission, ImportFormat

from tests.support.workspace import LocalWorkspace, put_notebook

CATALOG = "spark_catalog"


def test_files_are_written_listed_read_and_deleted(client: WorkspaceClient) -> None:
    client.workspace.mkdirs("/Shared/folder")
    put_notebook(client, "folder/one", "1")
    (found,) = client.workspace.list("/Shared/folder")
    assert (found.path, found.object_type and found.object_type.value) == (
        "/Shared/folder/one",
        "NOTEBOOK",
    )
    assert b"nbformat" in client.workspace.download("/Shared/folder/one").read()
    client.workspace.delete("/Shared/folder", recursive=True)
    with pytest.raises(NotFound, match=r"Path \(/Shared/folder\) does not exist"):
        client.workspace.get_status("/Shared/folder")


def test_a_lock_file_is_created_once(client: WorkspaceClient) -> None:
    path = "/api/2.0/workspace-files/import-file/Shared/deploy.lock"
    client.api_client.do("POST", path, data=b"{}")
    with pytest.raises(ResourceAlreadyExists, match="already exists"):
        client.api_client.do("POST", path, data=b"{}")
    client.workspace.delete("/Shared/deploy.lock")


def test_no_path_leaves_the_workspace(client: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="leaves the workspace"):
        client.workspace.get_status("/Shared/../../../secrets.json")


def test_a_schema_with_a_volume_and_grants(client: WorkspaceClient) -> None:
    client.schemas.create("sales", CATALOG)
    client.volumes.create(CATALOG, "sales", "files", VolumeType.MANAGED)
    changed = client.volumes.update(f"{CATALOG}.sales.files", comment="for files")
    assert (changed.volume_type, changed.comment) == (VolumeType.MANAGED, "for files")
    added = PermissionsChange(add=[Privilege.SELECT], principal="readers")
    client.grants.update("SCHEMA", f"{CATALOG}.sales", changes=[added])
    granted = client.grants.get("SCHEMA", f"{CATALOG}.sales").privilege_assignments or []
    assert [entry.principal for entry in granted] == ["readers"]
    client.volumes.delete(f"{CATALOG}.sales.files")
    with pytest.raises(NotFound):
        client.volumes.read(f"{CATALOG}.sales.files")


def test_what_the_workspace_does_not_do_is_rejected_by_name(client: WorkspaceClient) -> None:
    with pytest.raises(
        NotFound, match=r"no endpoint 'PUT /api/2\.0/fs/files/Volumes/a/b/c/d\.txt'"
    ):
        client.files.upload("/Volumes/a/b/c/d.txt", io.BytesIO(b"content"))
    with pytest.raises(
        BadRequest, match=r"does not know storage_root here; it accepts catalog_name"
    ):
        client.schemas.create("rooted", CATALOG, storage_root="s3://bucket")
    with pytest.raises(
        BadRequest, match="Input should be 'AUTO' or 'RAW' in the field 'format'; got 'SOURCE'"
    ):
        client.workspace.import_("/Shared/source", content="MQ==", format=ImportFormat.SOURCE)


def test_a_schema_that_may_not_be_created_is_denied(client: WorkspaceClient) -> None:
    everyone, everything = "account users", [Privilege.ALL_PRIVILEGES]
    revoked = PermissionsChange(principal=everyone, remove=everything)
    granted = PermissionsChange(principal=everyone, add=everything)
    client.grants.update("CATALOG", CATALOG, changes=[revoked])
    try:
        with pytest.raises(PermissionDenied, match="User does not have CREATE SCHEMA on Catalog"):
            client.schemas.create("denied", CATALOG)
    finally:
        client.grants.update("CATALOG", CATALOG, changes=[granted])


def test_another_catalog_does_not_exist(client: WorkspaceClient) -> None:
    with pytest.raises(NotFound, match="Catalog 'my-company' does not exist"):
        client.schemas.create("sales", "my-company")


def test_secrets_are_written_and_read(client: WorkspaceClient) -> None:
    client.secrets.create_scope("keys")
    client.secrets.put_secret("keys", "password", string_value="s3cret")
    assert client.secrets.get_secret("keys", "password").value == "czNjcmV0"
    assert [secret.key for secret in client.secrets.list_secrets("keys")] == ["password"]
    client.secrets.put_acl("keys", "readers", AclPermission.READ)
    assert "readers" in {acl.principal for acl in client.secrets.list_acls("keys")}
    client.secrets.delete_acl("keys", "readers")
    assert "readers" not in {acl.principal for acl in client.secrets.list_acls("keys")}
    client.secrets.delete_secret("keys", "password")
    with pytest.raises(NotFound, match="Secret password in scope keys does not exist"):
        client.secrets.get_secret("keys", "password")
    client.secrets.delete_scope("keys")
    with pytest.raises(NotFound, match="Scope keys does not exist"):
        client.secrets.get_secret("keys", "password")


def test_permissions_come_back_as_they_were_put(client: WorkspaceClient) -> None:
    viewer = AccessControlRequest(group_name="users", permission_level=PermissionLevel.CAN_VIEW)
    client.permissions.set("jobs", "1", access_control_list=[viewer])
    (entry,) = client.permissions.get("jobs", "1").access_control_list or []
    (level,) = entry.all_permissions or []
    assert (entry.group_name, level.permission_level) == ("users", PermissionLevel.CAN_VIEW)


def test_a_dashboard_is_stored_and_published(client: WorkspaceClient) -> None:
    dashboard = client.lakeview.create(Dashboard(display_name="posts", serialized_dashboard="{}"))
    number = dashboard.dashboard_id or ""
    changed = client.lakeview.update(number, Dashboard(display_name="all posts"))
    assert (changed.display_name, changed.etag) == ("all posts", "2")
    client.lakeview.publish(number)
    assert client.lakeview.get_published(number).display_name == "all posts"
    client.lakeview.trash(number)
    with pytest.raises(NotFound):
        client.lakeview.get(number)


@pytest.mark.parametrize("path", ["/jobs", "/runs", "/notebooks/1"])
def test_pages_ask_for_the_token(workspace: LocalWorkspace, path: str) -> None:
    assert requests.get(workspace.url + path, timeout=10).status_code == 401


def test_the_link_signs_a_person_in(workspace: LocalWorkspace) -> None:
    with requests.Session() as session:
        page = session.get(f"{workspace.url}/login?token={workspace.token}", timeout=10)
        assert (page.status_code, page.url) == (200, f"{workspace.url}/jobs")
        assert session.get(f"{workspace.url}/api/2.2/jobs/list", timeout=10).status_code == 401


def test_requests_for_another_host_are_rejected(workspace: LocalWorkspace) -> None:
    headers = {"Host": "evil.example", "Authorization": f"Bearer {workspace.token}"}
    answer = requests.get(f"{workspace.url}/api/2.2/jobs/list", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")
