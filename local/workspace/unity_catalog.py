"""The Unity Catalog API: one catalog, its schemas, volumes, tables and grants."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from starlette.routing import Route

from local.workspace.cluster import Cluster
from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import ApiError, already_exists, invalid, not_found
from local.workspace.grants import Grants
from local.workspace.locations import VOLUMES, VolumeLocations, volume_path
from local.workspace.states import milliseconds_now
from local.workspace.store import Document, Store
from local.workspace.tables import describe_table, list_schemas, list_tables, quoted

__all__ = ["routes"]

_SCHEMAS = "schemas"


def routes(
    store: Store, cluster: Cluster, locations: VolumeLocations, catalog: str, user: str
) -> list[Route]:
    """Return the routes of the API group; `catalog` is the only catalog."""
    unity = _UnityCatalog(store, cluster, locations, catalog, user)
    api = "/api/2.1/unity-catalog"
    return [
        endpoint("GET", f"{api}/catalogs", unity.list_catalogs),
        endpoint("GET", f"{api}/catalogs/{{name}}", unity.get_catalog),
        endpoint("POST", f"{api}/schemas", unity.create_schema),
        endpoint("GET", f"{api}/schemas", unity.list_schemas),
        endpoint("GET", f"{api}/schemas/{{name}}", unity.get_schema),
        endpoint("PATCH", f"{api}/schemas/{{name}}", unity.update_schema),
        endpoint("DELETE", f"{api}/schemas/{{name}}", unity.delete_schema),
        endpoint("POST", f"{api}/volumes", unity.create_volume),
        endpoint("GET", f"{api}/volumes", unity.list_volumes),
        endpoint("GET", f"{api}/volumes/{{name}}", unity.get_volume),
        endpoint("PATCH", f"{api}/volumes/{{name}}", unity.update_volume),
        endpoint("DELETE", f"{api}/volumes/{{name}}", unity.delete_volume),
        endpoint("GET", f"{api}/tables", unity.list_tables),
        endpoint("GET", f"{api}/tables/{{name}}", unity.get_table),
        endpoint("GET", f"{api}/permissions/{{kind}}/{{name}}", unity.get_grants),
        endpoint("PATCH", f"{api}/permissions/{{kind}}/{{name}}", unity.update_grants),
    ]


class _UnityCatalog:
    def __init__(
        self, store: Store, cluster: Cluster, locations: VolumeLocations, catalog: str, user: str
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._locations = locations
        self._catalog = catalog
        self._user = user
        self._grants = Grants(store, catalog)

    async def list_catalogs(self, call: Call) -> object:
        del call
        return {"catalogs": [self._catalog_document()]}

    async def get_catalog(self, call: Call) -> object:
        self._require_catalog(call.text("name"))
        return self._catalog_document()

    async def create_schema(self, call: Call) -> object:
        catalog, name = call.text("catalog_name"), call.text("name")
        self._require_catalog(catalog)
        self._grants.require("CREATE_SCHEMA", "catalog", catalog)
        full_name = f"{catalog}.{name}"
        if self._store.get(_SCHEMAS, full_name):
            raise already_exists(f"Schema '{full_name}'")
        given = _given(call, {"catalog_name", "name", "comment", "properties"})
        document = given | self._stamp(full_name) | {"schema_id": str(uuid.uuid4())}
        if self._cluster.is_up():
            await self._create_in_spark(full_name)
        return self._store.put(_SCHEMAS, full_name, document)

    async def list_schemas(self, call: Call) -> object:
        self._require_catalog(call.text("catalog_name"))
        schemas = self._store.all(_SCHEMAS)
        if self._cluster.is_up():
            for name in await self._cluster.run(list_schemas):
                full_name = f"{self._catalog}.{name}"
                schemas.setdefault(full_name, self._spark_schema(full_name))
        return {"schemas": list(schemas.values())}

    async def get_schema(self, call: Call) -> object:
        return await self._schema(call.text("name"))

    async def update_schema(self, call: Call) -> object:
        schema = await self._schema(call.text("name"))
        given = _given(call, {"comment", "properties", "owner"}, {"full_name"})
        changed = schema | given | {"updated_at": milliseconds_now()}
        return self._store.put(_SCHEMAS, schema["full_name"], changed)

    async def delete_schema(self, call: Call) -> object:
        name = call.text("name")
        await self._schema(name)
        volumes = [volume for volume in self._store.all(VOLUMES) if volume.startswith(f"{name}.")]
        cascade = call.flag("force")
        if volumes and not cascade:
            raise invalid(f"Schema '{name}' has volumes: {', '.join(volumes)}. Delete them first.")
        ending = "CASCADE" if cascade else "RESTRICT"
        statement = f"DROP SCHEMA IF EXISTS {quoted(name)} {ending}"
        await self._cluster.run(lambda spark: spark.sql(statement))
        for volume in volumes:
            self._delete_volume(volume)
        self._store.delete(_SCHEMAS, name)
        self._grants.forget("schema", name)
        return {}

    async def create_volume(self, call: Call) -> object:
        given = _given(
            call,
            {"catalog_name", "schema_name", "name", "volume_type", "storage_location", "comment"},
        )
        schema = f"{call.text('catalog_name')}.{call.text('schema_name')}"
        await self._schema(schema)
        full_name = f"{schema}.{call.text('name')}"
        if self._store.get(VOLUMES, full_name):
            raise already_exists(f"Volume '{full_name}'")
        given["storage_location"] = self._locations.check(
            full_name, call.text("volume_type"), given.get("storage_location")
        )
        document = given | self._stamp(full_name) | {"volume_id": str(uuid.uuid4())}
        return self._store.put(VOLUMES, full_name, document)

    async def list_volumes(self, call: Call) -> object:
        prefix = f"{call.text('catalog_name')}.{call.text('schema_name')}."
        volumes = self._store.all(VOLUMES).items()
        return {"volumes": [volume for name, volume in volumes if name.startswith(prefix)]}

    async def get_volume(self, call: Call) -> object:
        return self._volume(call.text("name"))

    async def update_volume(self, call: Call) -> object:
        volume = self._volume(call.text("name"))
        given = _given(call, {"comment", "owner"}, {"name"})
        changed = volume | given | {"updated_at": milliseconds_now()}
        return self._store.put(VOLUMES, volume["full_name"], changed)

    async def delete_volume(self, call: Call) -> object:
        self._delete_volume(self._volume(call.text("name"))["full_name"])
        return {}

    async def list_tables(self, call: Call) -> object:
        self._require_catalog(call.text("catalog_name"))
        schema = f"{self._catalog}.{call.text('schema_name')}"
        tables = await self._cluster.run(lambda spark: list_tables(spark, schema))
        return {"tables": [self._table(schema, table) for table in tables]}

    async def get_table(self, call: Call) -> object:
        name = call.text("name")
        columns = await self._cluster.run(lambda spark: describe_table(spark, name))
        if columns is None:
            raise not_found(f"Table '{name}'")
        schema, _, table = name.rpartition(".")
        return self._table(schema, table) | {"columns": columns}

    async def get_grants(self, call: Call) -> object:
        kind, name = await self._securable(call)
        return {"privilege_assignments": self._grants.assignments(kind, name)}

    async def update_grants(self, call: Call) -> object:
        kind, name = await self._securable(call)
        return {
            "privilege_assignments": self._grants.change(
                kind, name, call.arguments.get("changes") or []
            )
        }

    async def _securable(self, call: Call) -> tuple[str, str]:
        kind, name = call.text("kind").lower(), call.text("name")
        if kind == "catalog":
            self._require_catalog(name)
        elif kind == "schema":
            await self._schema(name)
        elif kind == "volume":
            self._volume(name)
        else:
            raise invalid(f"Expected a catalog, schema or volume; got the securable {kind!r}.")
        return kind, name

    async def _schema(self, name: str) -> Document:
        """Return a schema of the store, or one that exists in Spark only."""
        stored = self._store.get(_SCHEMAS, name)
        if stored:
            return stored
        catalog, _, schema = name.partition(".")
        self._require_catalog(catalog)
        if self._cluster.is_up() and schema in await self._cluster.run(list_schemas):
            return self._spark_schema(name)
        raise not_found(f"Schema '{name}'")

    def _volume(self, name: str) -> Document:
        volume = self._store.get(VOLUMES, name)
        if volume is None:
            raise not_found(f"Volume '{name}'")
        return volume

    def _delete_volume(self, name: str) -> None:
        """Delete a volume, and the files of a managed one."""
        volume = self._volume(name)
        if volume["volume_type"] == "MANAGED":
            folder = Path(unquote(urlsplit(self._locations.links()[volume_path(name)]).path))
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self._store.delete(VOLUMES, name)
        self._grants.forget("volume", name)

    async def _create_in_spark(self, name: str) -> None:
        statement = f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}"
        await self._cluster.run(lambda spark: spark.sql(statement))

    def _require_catalog(self, name: str) -> None:
        if name != self._catalog:
            raise ApiError(
                404,
                "CATALOG_DOES_NOT_EXIST",
                f"Catalog '{name}' does not exist. The local workspace has one: {self._catalog}.",
            )

    def _catalog_document(self) -> Document:
        kind = {"catalog_type": "MANAGED_CATALOG", "name": self._catalog}
        return kind | {"full_name": self._catalog, "owner": self._user}

    def _spark_schema(self, full_name: str) -> Document:
        catalog, _, name = full_name.partition(".")
        names = {"name": name, "catalog_name": catalog, "full_name": full_name}
        return names | {"owner": self._user}

    def _table(self, schema: str, table: str) -> Document:
        return {
            "name": table,
            "catalog_name": self._catalog,
            "schema_name": schema.partition(".")[2],
            "full_name": f"{schema}.{table}",
            "table_type": "MANAGED",
            "data_source_format": "DELTA",
            "owner": self._user,
        }

    def _stamp(self, full_name: str) -> Document:
        now = milliseconds_now()
        times = {"created_at": now, "updated_at": now}
        return times | {"full_name": full_name, "owner": self._user, "created_by": self._user}


def _given(call: Call, supported: set[str], path: set[str] = frozenset()) -> Document:  # type: ignore[assignment]  # an empty set
    """Return the fields of a request.

    Raises:
        ApiError: Raised when one is not supported.
    """
    fields = {
        name: value
        for name, value in call.arguments.items()
        if value not in (None, "", {}) and name not in path
    }
    unknown = fields.keys() - supported
    if unknown:
        raise invalid(
            f"The local workspace does not know {', '.join(sorted(unknown))} here; it accepts "
            f"{', '.join(sorted(supported))}."
        )
    return fields
