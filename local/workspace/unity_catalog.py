"""The Unity Catalog API: one catalog, its schemas, volumes and grants."""
# ruff: noqa: D102  # endpoints have the names of the API

from __future__ import annotations

import uuid
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from databricks.sdk.service import catalog as sdk

from local.workspace.api import ApiGroup, endpoint, parse
from local.workspace.cluster import Cluster, quoted
from local.workspace.errors import ApiError, already_exists, invalid
from local.workspace.job_run import milliseconds_now
from local.workspace.store import Document, Store
from local.workspace.volumes import VolumeLocations

__all__ = ["UnityCatalog"]

_API = "/api/2.1/unity-catalog"
_EVERYONE = "account users"

type Kind = Literal["schemas", "volumes"]


@dataclass(frozen=True)
class UnityCatalog(ApiGroup):
    """The securables of one catalog. Their grants are stored; one is enforced: CREATE SCHEMA."""

    store: Store
    cluster: Cluster
    volumes: VolumeLocations
    catalog: str
    user: str

    @endpoint("POST", f"{_API}/schemas")
    async def create_schema(
        self,
        catalog_name: str,
        name: str,
        comment: str | None = None,
        properties: dict[str, str] | None = None,
    ) -> Document:
        await self._find("catalogs", catalog_name)
        self._require_create_schema()
        full_name = f"{catalog_name}.{name}"
        schema = sdk.SchemaInfo(
            catalog_name=catalog_name,
            name=name,
            schema_id=str(uuid.uuid4()),
            comment=comment,
            properties=properties,
        )
        created = self._create("schemas", full_name, schema.as_dict())
        if self.cluster.is_up():
            await self.cluster.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(full_name)}")
        return self.store.put("schemas", full_name, created)

    @endpoint("POST", f"{_API}/volumes")
    async def create_volume(
        self,
        catalog_name: str,
        schema_name: str,
        name: str,
        volume_type: sdk.VolumeType,
        storage_location: str | None = None,
        comment: str | None = None,
    ) -> Document:
        await self._find("schemas", f"{catalog_name}.{schema_name}")
        full_name = f"{catalog_name}.{schema_name}.{name}"
        volume = sdk.VolumeInfo(
            catalog_name=catalog_name,
            schema_name=schema_name,
            name=name,
            volume_id=str(uuid.uuid4()),
            volume_type=volume_type,
            comment=comment,
        )
        created = self._create("volumes", full_name, volume.as_dict())
        location = self.volumes.check(full_name, volume_type.value, storage_location)
        return self.store.put("volumes", full_name, created | {"storage_location": location})

    @endpoint("GET", f"{_API}/{{kind}}/{{full_name}}")
    async def get(self, kind: Kind, full_name: str) -> Document:
        return await self._find(kind, full_name)

    @endpoint("PATCH", f"{_API}/{{kind}}/{{full_name}}")
    async def update(
        self,
        kind: Kind,
        full_name: str,
        comment: str | None = None,
        owner: str | None = None,
        properties: dict[str, str] | None = None,
    ) -> Document:
        old = await self._find(kind, full_name)
        change = sdk.SchemaInfo(
            comment=comment, owner=owner, properties=properties, updated_at=milliseconds_now()
        )
        return self.store.put(kind, full_name, old | change.as_dict())

    @endpoint("DELETE", f"{_API}/schemas/{{full_name}}")
    async def delete_schema(self, full_name: str, force: bool = False) -> None:
        await self._find("schemas", full_name)
        volumes = [name for name in self.store.all("volumes") if name.startswith(f"{full_name}.")]
        if volumes and not force:
            listed = ", ".join(volumes)
            raise invalid(f"Schema '{full_name}' has volumes: {listed}. Delete them first.")
        ending = "CASCADE" if force else "RESTRICT"
        await self.cluster.execute(f"DROP SCHEMA IF EXISTS {quoted(full_name)} {ending}")
        for name in volumes:
            self.delete_volume(name)
        self._forget("schemas", full_name)

    @endpoint("DELETE", f"{_API}/volumes/{{full_name}}")
    def delete_volume(self, full_name: str) -> None:
        if self.store.find("volumes", full_name)["volume_type"] == "MANAGED":
            self.volumes.clear(full_name)
        self._forget("volumes", full_name)

    @endpoint("GET", f"{_API}/permissions/{{kind}}/{{name}}")
    async def get_grants(self, kind: str, name: str) -> sdk.UpdatePermissionsResponse:
        kinds = f"{kind.lower()}s"
        await self._find(kinds, name)
        assignments = [
            sdk.PrivilegeAssignment(who, sorted(held, key=lambda privilege: privilege.value))
            for who, held in self._granted(kinds, name).items()
        ]
        return sdk.UpdatePermissionsResponse(assignments)

    @endpoint("PATCH", f"{_API}/permissions/{{kind}}/{{name}}")
    async def update_grants(
        self, kind: str, name: str, changes: tuple[Document, ...] = ()
    ) -> sdk.UpdatePermissionsResponse:
        kinds = f"{kind.lower()}s"
        await self._find(kinds, name)
        granted = self._granted(kinds, name)
        for change in (parse(sdk.PermissionsChange, given) for given in changes):
            if not change.principal:
                raise invalid(f"Expected a principal in each change; got {change.as_dict()}.")
            removed, held = set(change.remove or ()), granted.get(change.principal, set())
            kept = set() if sdk.Privilege.ALL_PRIVILEGES in removed else held - removed
            granted[change.principal] = kept | set(change.add or ())
        stored = {who: [one.value for one in held] for who, held in granted.items() if held}
        self.store.put("grants", f"{kinds}/{name}", stored)
        return await self.get_grants(kind, name)

    async def _find(self, kind: str, name: str) -> Document:
        """Return a securable of the store, the catalog, or a schema that only Spark has."""
        if kind not in ("catalogs", "schemas", "volumes"):
            raise invalid(f"Expected a catalog, schema or volume; got {kind.removesuffix('s')!r}.")
        catalog, _, schema = name.partition(".")
        if catalog != self.catalog:
            raise ApiError(
                404,
                "CATALOG_DOES_NOT_EXIST",
                f"Catalog '{catalog}' does not exist. The local workspace has one: {self.catalog}.",
            )
        if kind == "catalogs":
            return sdk.CatalogInfo(name=name, owner=self.user).as_dict()
        is_unknown = kind == "schemas" and self.store.get(kind, name) is None
        if is_unknown and self.cluster.is_up() and await self.cluster.has_schema(name):
            found = sdk.SchemaInfo(catalog_name=catalog, name=schema, full_name=name)
            return found.as_dict() | {"owner": self.user}
        return self.store.find(kind, name)

    def _create(self, kind: Kind, full_name: str, given: Document) -> Document:
        if self.store.get(kind, full_name):
            raise already_exists(f"{kind.removesuffix('s').capitalize()} '{full_name}'")
        now = milliseconds_now()
        created = {"created_at": now, "created_by": self.user, "updated_at": now}
        return given | {"full_name": full_name, "owner": self.user} | created

    def _forget(self, kind: Kind, full_name: str) -> None:
        self.store.delete(kind, full_name)
        self.store.delete("grants", f"{kind}/{full_name}")

    def _granted(self, kind: str, name: str) -> dict[str, AbstractSet[sdk.Privilege]]:
        """Return the privileges by principal; at first, all users have all on the catalog."""
        default = {_EVERYONE: ["ALL_PRIVILEGES"]} if kind == "catalogs" else {}
        stored = self.store.get("grants", f"{kind}/{name}")
        granted = default if stored is None else stored
        return {who: {sdk.Privilege(one) for one in held} for who, held in granted.items()}

    def _require_create_schema(self) -> None:
        """Check that everyone may create schemas: the local workspace has one user."""
        held = self._granted("catalogs", self.catalog).get(_EVERYONE, set())
        if not held & {sdk.Privilege.CREATE_SCHEMA, sdk.Privilege.ALL_PRIVILEGES}:
            raise ApiError(
                403,
                "PERMISSION_DENIED",
                "PERMISSION_DENIED: User does not have CREATE SCHEMA on Catalog "
                f"'{self.catalog}'. Grant it to '{_EVERYONE}'.",
            )
