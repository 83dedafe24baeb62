"""The workspace's own Spark session, and the release of the sessions of notebooks."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.environment import Environment
from local.notebook.runtime.display import first_rows
from local.settings import HOST
from local.workspace.errors import ApiError
from local.workspace.store import Document
from pinterest_pipeline.errors import without_stack_trace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Cluster", "list_tables", "quoted", "read_table"]

_MAX_ROWS = 200
_MAX_HISTORY = 50
_HISTORY = ("version", "timestamp", "operation", "operationMetrics")
_RELEASE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Cluster:
    """Runs short work on the Spark server, one at a time, outside the event loop."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._session: SparkSession | None = None
        self._thread = ThreadPoolExecutor(1, "spark")

    def is_up(self) -> bool:
        """Return whether a Spark server listens."""
        try:
            socket.create_connection((HOST, self._environment.settings.spark_port), 1).close()
        except OSError:
            return False
        return True

    async def run[T](self, work: Callable[[SparkSession], T]) -> T:
        """Return the result of `work`.

        Raises:
            ApiError: Raised when no Spark server answers, or the statement fails.
        """
        if not self.is_up():
            port = self._environment.settings.spark_port
            raise ApiError(
                400,  # clients would repeat a request for minutes after 503
                "INVALID_STATE",
                f"No Spark server answers on port {port}. Start the stack with `make up`.",
            )
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def execute(self, statement: str) -> None:
        """Run a statement of SQL; it fails as `run` does."""
        await self.run(lambda spark: spark.sql(statement))

    async def has_schema(self, name: str) -> bool:
        """Return whether a schema exists; it fails as `run` does."""
        return await self.run(lambda spark: spark.catalog.databaseExists(quoted(name)))

    async def release(self, session_id: str) -> None:
        """End the session of a notebook, its running statements and its streaming queries.

        Nothing happens if no Spark server listens, or it does not know the session.
        """
        if self.is_up():
            await asyncio.to_thread(self._release, session_id)

    def _run[T](self, work: Callable[[SparkSession], T]) -> T:
        from pyspark.errors import PySparkException  # noqa: PLC0415  # slow to import

        from local.spark.session import connect  # noqa: PLC0415  # the same

        environment = self._environment
        try:
            if self._session is None:
                self._session = connect(environment.settings, environment.secrets)
            return work(self._session)
        except PySparkException as error:
            # After a restart of the server, the session is unknown to it.
            self._session = None
            message = f"Spark: {without_stack_trace(str(error))}"
            raise ApiError(400, "BAD_REQUEST", message) from error

    def _release(self, session_id: str) -> None:
        import grpc  # type: ignore[import-untyped]  # noqa: PLC0415  # slow to import; untyped
        from pyspark.sql.connect import proto  # noqa: PLC0415  # the same
        from pyspark.sql.connect.client import DefaultChannelBuilder  # noqa: PLC0415  # the same
        from pyspark.sql.connect.proto import base_pb2_grpc  # noqa: PLC0415  # the same

        from local.spark.session import remote  # noqa: PLC0415  # the same

        address, token = remote(self._environment.settings), self._environment.secrets.spark_token
        builder = DefaultChannelBuilder(f"{address}/;token={token}")
        # The user of the kernels' sessions: they have the same variables.
        user = proto.UserContext(user_id=os.getenv("SPARK_USER", os.getenv("USER", "")))
        request = proto.ReleaseSessionRequest(session_id=session_id, user_context=user)
        try:
            with builder.toChannel() as channel:
                server = base_pb2_grpc.SparkConnectServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
                server.ReleaseSession(
                    request, metadata=builder.metadata(), timeout=_RELEASE_SECONDS
                )
        except grpc.RpcError as error:
            _log.warning("The Spark session %s may still run: %s", session_id, error)


def quoted(name: str) -> str:
    """Return a dotted name for a statement, each part in backticks."""
    parts = (part.replace("`", "``") for part in name.split("."))
    return ".".join(f"`{part}`" for part in parts)


def list_tables(spark: SparkSession, catalog: str) -> dict[str, list[str]]:
    """Return the names of the tables of each `<catalog>.<schema>`."""
    tables = {}
    for schema in (f"{catalog}.{row[0]}" for row in spark.sql("SHOW SCHEMAS").collect()):
        rows = spark.sql(f"SHOW TABLES IN {quoted(schema)}").collect()
        tables[schema] = sorted(row["tableName"] for row in rows if not row["isTemporary"])
    return tables


def read_table(spark: SparkSession, name: str) -> Document | None:
    """Return the columns, the first rows, the row count and the history of a table.

    Rows and history (newest first) are pandas DataFrames; the history of a table that is not a
    Delta table is null. The result is null if there is no such table.
    """
    if not spark.catalog.tableExists(quoted(name)):
        return None
    table = spark.table(quoted(name))
    described = spark.sql(f"DESCRIBE EXTENDED {quoted(name)}")
    history = None
    if not described.where("col_name = 'Provider' AND data_type = 'delta'").isEmpty():
        changes = spark.sql(f"DESCRIBE HISTORY {quoted(name)} LIMIT {_MAX_HISTORY}")
        history = changes.select(*_HISTORY).toPandas()
    return {
        "columns": [
            {"name": field.name, "type_text": field.dataType.simpleString()}
            for field in table.schema.fields
        ],
        "rows": first_rows(table, _MAX_ROWS),
        "count": table.count(),
        "history": history,
    }
