"""The Delta tables and their writers. Each writer may run again on the same micro-batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

__all__ = ["Tables"]

_COLUMNS = {
    "pin": """
        ind INT, unique_id STRING, title STRING, description STRING, follower_count BIGINT,
        poster_name STRING, tag_list ARRAY<STRING>, is_image_or_video STRING, image_src STRING,
        save_location STRING, category STRING""",
    "geo": "ind INT, country STRING, coordinates ARRAY<DOUBLE>, timestamp TIMESTAMP",
    "user": "ind INT, user_name STRING, age INT, date_joined TIMESTAMP",
    "rejected": """
        event STRING, payload STRING, origin STRING, position STRING, arrived_at TIMESTAMP,
        rejected_at TIMESTAMP, reason STRING""",
    "loads": """
        event STRING, batch_id BIGINT, records_read BIGINT, rows_merged BIGINT,
        records_superseded BIGINT, records_rejected BIGINT, loaded_at TIMESTAMP,
        checkpoint_id STRING""",
}
_BY_EVENT = ("rejected", "loads")
"""Partitioned by event, so that the three streams never conflict with each other."""

_UPDATED = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
"""Deletion vectors mark replaced rows; without them each update rewrites whole files."""


@dataclass(frozen=True)
class Tables:
    """The tables of one schema.

    Attributes:
        catalog: Name of the catalog.
        schema: Name of the schema.
    """

    catalog: str
    schema: str

    @property
    def schema_name(self) -> str:
        """The two-part name of the schema, quoted for SQL."""
        return _quoted(self.catalog, self.schema)

    def name(self, table: str) -> str:
        """Return the three-part name of `table`, quoted for SQL."""
        return _quoted(self.catalog, self.schema, table)

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """Return the rows of `table`."""
        return spark.read.table(self.name(table))

    def create(self, spark: SparkSession) -> None:
        """Create the schema, the clean tables, `rejected` and `loads` if they do not exist."""
        # Unity Catalog checks the right to create a schema before it looks whether it exists.
        if not spark.catalog.databaseExists(self.schema_name):
            spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self.schema_name}")
        for table, columns in _COLUMNS.items():
            layout = "PARTITIONED BY (event)" if table in _BY_EVENT else _UPDATED
            create = f"CREATE TABLE IF NOT EXISTS {self.name(table)}"
            spark.sql(f"{create} ({columns}) USING delta {layout}")

    def merge_clean(
        self, rows: DataFrame, table: str, ind_range: tuple[int, int] | None = None
    ) -> None:
        """Write `rows`, one per `ind`, to a clean table. Rows that it holds already stay.

        Args:
            rows: The clean rows.
            table: The clean table.
            ind_range: Smallest and largest `ind` of the rows. Only files that may hold an `ind`
                in this range are read. Posts usually arrive in order, so these are few. Null reads
                all files.
        """
        differs = ~_all_equal("new", table, rows.columns)
        same = F.col("new.ind") == F.col(f"{table}.ind")
        if ind_range is not None:
            same &= F.col(f"{table}.ind").between(*ind_range)
        (
            rows
            .alias("new")
            .mergeInto(self.name(table), same)
            .whenMatched(differs)
            .updateAll()
            .whenNotMatched()
            .insertAll()
            .merge()
        )

    def add_rejected(self, records: DataFrame, event: str) -> None:
        """Add rejected records of `event`. Records that the table holds already stay."""
        same = _all_equal("new", "rejected", ["event", "origin", "position"])
        (
            records
            .alias("new")
            .mergeInto(self.name("rejected"), same & (F.col("rejected.event") == event))
            .whenNotMatched()
            .insertAll()
            .merge()
        )

    def add_load(
        self,
        spark: SparkSession,
        event: str,
        batch: tuple[str, int],
        counts: Mapping[str, int],
        *,
        check_duplicate: bool,
    ) -> None:
        """Add the row of one micro-batch.

        Args:
            spark: The session.
            event: The kind of event.
            batch: The id of the query's checkpoint, and the number of the micro-batch. A new
                checkpoint counts from 0 again.
            counts: The row's figures by name.
            check_duplicate: Whether the micro-batch may have been written before. If so, the row
                is looked up first.
        """
        checkpoint_id, batch_id = batch
        load = {"event": F.lit(event), "batch_id": F.lit(batch_id).cast("bigint")}
        key = load | {"checkpoint_id": F.lit(checkpoint_id)}
        if check_duplicate:
            same = reduce(and_, (F.col(name) == value for name, value in key.items()))
            if not self.read(spark, "loads").where(same).isEmpty():
                return
        load |= {name: F.lit(count).cast("bigint") for name, count in counts.items()}
        load |= {"loaded_at": F.current_timestamp(), "checkpoint_id": key["checkpoint_id"]}
        row = spark.range(1).select(*(column.alias(name) for name, column in load.items()))
        writing = row.write.format("delta").mode("append")
        if check_duplicate:  # a stopped run may still write: Delta lets one of the two win
            writing = writing.option("txnAppId", f"loads:{event}:{checkpoint_id}")
            writing = writing.option("txnVersion", batch_id)
        writing.saveAsTable(self.name("loads"))


def _quoted(*names: str) -> str:
    """Return the name of a schema or table in SQL: without quotes, a hyphen would end a name."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in names)


def _all_equal(one: str, other: str, columns: Sequence[str]) -> Column:
    equal = [F.col(f"{one}.{name}").eqNullSafe(F.col(f"{other}.{name}")) for name in columns]
    return reduce(and_, equal)
