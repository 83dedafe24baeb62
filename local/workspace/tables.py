"""What Spark knows of the tables: names, columns, rows and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from local.workspace.store import Document

__all__ = [
    "describe_table",
    "list_schemas",
    "list_tables",
    "quoted",
    "table_history",
    "table_rows",
]

_MAX_ROWS = 200
_MAX_HISTORY = 50
_NO_SCHEMA = "SCHEMA_NOT_FOUND"


def quoted(name: str) -> str:
    """Return a dotted name for a statement, each part in backticks."""
    parts = (part.replace("`", "``") for part in name.split("."))
    return ".".join(f"`{part}`" for part in parts)


def list_schemas(spark: SparkSession) -> list[str]:
    """Return the names of all schemas."""
    return [row[0] for row in spark.sql("SHOW SCHEMAS").collect()]


def list_tables(spark: SparkSession, schema: str) -> list[str]:
    """Return the names of the tables of `<catalog>.<schema>`; none if it does not exist."""
    if not spark.catalog.databaseExists(quoted(schema)):
        return []
    rows = spark.sql(f"SHOW TABLES IN {quoted(schema)}").collect()
    return sorted(row["tableName"] for row in rows if not row["isTemporary"])


def describe_table(spark: SparkSession, name: str) -> list[Document] | None:
    """Return the columns of a table; null if it does not exist."""
    if not spark.catalog.tableExists(quoted(name)):
        return None
    fields = spark.table(quoted(name)).schema.fields
    return [
        {
            "name": field.name,
            "position": position,
            "type_text": field.dataType.simpleString(),
            "type_name": _type_name(field.dataType.typeName()),
            "type_json": field.dataType.json(),
            "nullable": field.nullable,
        }
        for position, field in enumerate(fields)
    ]


def table_rows(spark: SparkSession, name: str) -> tuple[Any, int]:
    """Return the first rows of a table as a pandas DataFrame, and its number of rows."""
    table = spark.table(quoted(name))
    return table.limit(_MAX_ROWS).toPandas(), table.count()


def table_history(spark: SparkSession, name: str) -> Any:  # noqa: ANN401  # pandas is slow to import
    """Return the last changes of a table as a pandas DataFrame, newest first.

    Null if it is not a Delta table.
    """
    described = spark.sql(f"DESCRIBE EXTENDED {quoted(name)}")
    if described.where("col_name = 'Provider' AND data_type = 'delta'").isEmpty():
        return None
    history = spark.sql(f"DESCRIBE HISTORY {quoted(name)} LIMIT {_MAX_HISTORY}")
    return history.select("version", "timestamp", "operation", "operationMetrics").toPandas()


def _type_name(name: str) -> str:
    names = {"integer": "INT", "bigint": "LONG", "smallint": "SHORT", "tinyint": "BYTE"}
    return names.get(name, name.upper())
