"""The Delta tables and their writers. Each writer may run again on the same micro-batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from pyspark.errors import AnalysisException
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
        """Create the schema, the clean tables, `rejected` and `loads` if they do not exist.

        If all exist, this takes one statement.
        """
        existing = self.existing(spark)
        for table, columns in _COLUMNS.items():
            if table not in existing:
                layout = "PARTITIONED BY (event)" if table in _BY_EVENT else _UPDATED
                create = f"CREATE TABLE IF NOT EXISTS {self.name(table)}"
                spark.sql(f"{create} ({columns}) USING delta {layout}")

    def existing(self, spark: SparkSession) -> set[str]:
        """Return the names of the tables in the schema, which exists afterwards."""
        try:
            tables = spark.sql(f"SHOW TABLES IN {self.schema_name}").collect()
        except AnalysisException:
            # Unity Catalog checks the right to create a schema before it checks whether it exists.
            if not spark.catalog.databaseExists(self.schema_name):
                spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self.schema_name}")
            return set()
        return {table.tableName for table in tables if not table.isTemporary}

    def largest_ind(self, spark: SparkSession, table: str) -> int | None:
        """Return the largest `ind` of a clean table; null if it is empty."""
        largest: int | None = self.read(spark, table).agg(F.max("ind")).collect()[0][0]
        return largest

    def append_clean(self, rows: DataFrame, table: str) -> None:
        """Append clean rows. The caller knows that the table holds none of their `ind`."""
        self._append(rows, table)

    def merge_clean(
        self, rows: DataFrame, table: str, ind_range: tuple[int, int] | None = None
    ) -> bool:
        """Write `rows`, one per `ind`, to a clean table.

        A row that the table does not hold is appended, any other row replaces the one it holds. If
        the table holds all of them, as in a repetition, only those that differ are written.

        Args:
            rows: The clean rows.
            table: The clean table.
            ind_range: Smallest and largest `ind` of the rows. Only files that may hold an `ind`
                in this range are read. Posts usually arrive in order, so these are few. Null reads
                all files.

        Returns:
            Whether the table held no row in this range. Then all rows are new.
        """
        near = self.read(rows.sparkSession, table).select("ind")
        if ind_range is not None:
            near = near.where(F.col("ind").between(*ind_range))
        held = near.join(rows.select("ind"), "ind", "left_semi")
        # Usually no row is in this range, and file statistics show it without a scan.
        none_near = near.isEmpty()
        count = 0 if none_near else held.distinct().count()
        only_held = count > 0 and count == rows.count()
        if count:
            self._update_clean(rows, table, ind_range, only_changed=only_held)
        if not only_held:
            # The append reads the table in its own transaction. So Delta lets it fail if another
            # writer adds rows at the same time, and none is in the table twice.
            new = rows.join(near if none_near else F.broadcast(held), "ind", "left_anti")
            self._append(new.select(*rows.columns), table)
        return none_near

    def _update_clean(
        self,
        rows: DataFrame,
        table: str,
        ind_range: tuple[int, int] | None,
        *,
        only_changed: bool,
    ) -> None:
        """Replace the rows that the table holds.

        To find those that differ, Delta reads all columns, three times. The MERGE inserts nothing,
        because an insertion makes Delta sort all rows of the files.
        """
        same = F.col("new.ind") == F.col(f"{table}.ind")
        if ind_range is not None:
            same &= F.col(f"{table}.ind").between(*ind_range)
        differs = ~_all_equal("new", table, rows.columns) if only_changed else None
        merging = rows.alias("new").mergeInto(self.name(table), same)
        merging.whenMatched(differs).updateAll().merge()

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
                is only added if the table does not hold it.
        """
        checkpoint_id, batch_id = batch
        key = {"event": F.lit(event), "batch_id": F.lit(batch_id).cast("bigint")}
        figures = {name: F.lit(count).cast("bigint") for name, count in counts.items()}
        load = key | figures | {"loaded_at": F.current_timestamp()}
        key["checkpoint_id"] = load["checkpoint_id"] = F.lit(checkpoint_id)
        row = spark.range(1).select(*(column.alias(name) for name, column in load.items()))
        if check_duplicate:
            # A stopped run may still write. The append reads the table in its own transaction, so
            # Delta lets one of the two win.
            same = reduce(and_, (F.col(name) == value for name, value in key.items()))
            held = self.read(spark, "loads").where(same).select("batch_id")
            row = row.join(held, "batch_id", "left_anti").select(*load)
        self._append(row, "loads")

    def _append(self, rows: DataFrame, table: str) -> None:
        rows.write.format("delta").mode("append").saveAsTable(self.name(table))


def _quoted(*names: str) -> str:
    """Return the name of a schema or table in SQL: without quotes, a hyphen would end a name."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in names)


def _all_equal(one: str, other: str, columns: Sequence[str]) -> Column:
    equal = [F.col(f"{one}.{name}").eqNullSafe(F.col(f"{other}.{name}")) for name in columns]
    return reduce(and_, equal)
