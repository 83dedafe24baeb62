"""The tables' names and columns are a contract."""

from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.tables import Tables

type Rows = list[tuple[str | None, int | None]]

_COLUMNS = {
    "pin": "ind int, unique_id string, title string, description string, follower_count bigint,"
    " poster_name string, tag_list array<string>, is_image_or_video string, image_src string,"
    " save_location string, category string",
    "geo": "ind int, country string, coordinates array<double>, timestamp timestamp",
    "user": "ind int, user_name string, age int, date_joined timestamp",
    "rejected": "event string, payload string, origin string, position string,"
    " arrived_at timestamp, rejected_at timestamp, reason string",
    "loads": "event string, batch_id bigint, records_read bigint, rows_merged bigint,"
    " records_superseded bigint, records_rejected bigint, loaded_at timestamp,"
    " checkpoint_id string",
}
_COUNTS = {"records_read": 3, "rows_merged": 1, "records_superseded": 1, "records_rejected": 1}


def test_a_catalog_with_a_hyphen_is_a_name_and_no_syntax_error(spark: SparkSession) -> None:
    with pytest.raises(AnalysisException) as raised:
        Tables("my-company", "pinterest").create(spark)
    assert not isinstance(raised.value, ParseException)  # there is no such catalog


def test_tables_have_their_columns_in_order_and_are_created_once(
    spark: SparkSession, tables: Tables
) -> None:
    tables.create(spark)
    for name, columns in _COLUMNS.items():
        expected = spark.createDataFrame([], columns).dtypes
        assert tables.read(spark, name).dtypes == expected


def test_a_cleaner_returns_the_columns_of_its_table(spark: SparkSession, tables: Tables) -> None:
    for event in EVENTS:
        clean = spark.createDataFrame([], event.schema).select(*event.clean())
        assert clean.dtypes == tables.read(spark, event.name).dtypes


def test_a_load_is_added_once_for_each_batch_of_each_checkpoint(
    spark: SparkSession, tables: Tables
) -> None:
    batches = [("one", 0), ("one", 0), ("one", 1), ("another", 0), ("another", 0)]
    for event in ("pin", "geo"):
        for batch in batches:
            tables.add_load(spark, event, batch, _COUNTS, check_duplicate=True)

    key = ("event", "checkpoint_id", "batch_id")
    loads = tables.read(spark, "loads").select(*key, *_COUNTS).orderBy(*key).collect()
    counts = tuple(_COUNTS.values())
    expected = [(event, *batch, *counts) for event in ("pin", "geo") for batch in set(batches)]
    assert [tuple(row) for row in loads] == sorted(expected)


def test_merging_equal_rows_changes_nothing_null_and_arrays_included(
    spark: SparkSession, tables: Tables
) -> None:
    columns = _COLUMNS["geo"]
    rows = spark.createDataFrame([(1, None, [1.0, 2.0], None), (2, "Chad", None, None)], columns)
    tables.merge_clean(rows, "geo")
    tables.merge_clean(rows, "geo")
    history = spark.sql(f"DESCRIBE HISTORY {tables.name('geo')}").orderBy("version").collect()
    merges = [row.operationMetrics for row in history if row.operation == "MERGE"]
    # A MERGE that changes nothing may leave no version behind.
    assert [merge["numTargetRowsUpdated"] for merge in merges] in ([], ["0"])
    assert [row.operation for row in history].count("WRITE") == 1
    assert tables.read(spark, "geo").count() == 2


def test_a_merge_reads_only_files_that_may_hold_its_rows_and_rewrites_none(
    spark: SparkSession, tables: Tables
) -> None:
    for first in (0, 100, 200):
        rows = spark.range(first, first + 100).select(F.col("id").cast("int").alias("ind"))
        tables.merge_clean(_geo(rows, "Chad"), "geo", (first, first + 99))
    rows = spark.range(110, 115).select(F.col("id").cast("int").alias("ind"))

    tables.merge_clean(_geo(rows, "Peru"), "geo", (110, 114))

    metrics = (
        spark.sql(f"DESCRIBE HISTORY {tables.name('geo')} LIMIT 1").collect()[0].operationMetrics
    )
    assert metrics["numTargetRowsUpdated"] == "5"
    assert metrics["numTargetDeletionVectorsAdded"] == "1"
    assert metrics["numTargetRowsCopied"] == "0"
    countries = tables.read(spark, "geo").groupBy("country").count().collect()
    assert {row.country: row["count"] for row in countries} == {"Chad": 295, "Peru": 5}


def test_a_merge_replaces_the_rows_that_the_table_holds_and_appends_the_others(
    spark: SparkSession, tables: Tables
) -> None:
    for country, inds, ind_range in (
        ("Chad", (1, 3, 5), (1, 5)),
        ("Peru", (2, 4), (2, 4)),  # none is held, although some are in the range
        ("Cuba", (4, 6), None),
    ):
        rows = spark.createDataFrame([(ind,) for ind in inds], "ind int")
        tables.merge_clean(_geo(rows, country), "geo", ind_range)

    held = tables.read(spark, "geo").orderBy("ind").select("ind", "country").collect()
    countries = ["Chad", "Peru", "Chad", "Cuba", "Chad", "Cuba"]
    assert [tuple(row) for row in held] == [*enumerate(countries, start=1)]


def test_rows_that_another_writer_adds_after_the_look_are_not_added_twice(
    spark: SparkSession, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _geo(spark.range(3).select(F.col("id").cast("int").alias("ind")), "Chad")
    is_empty = type(rows).isEmpty

    def look_before_another_writes(near: DataFrame) -> bool:
        nothing = is_empty(near)
        rows.write.format("delta").mode("append").saveAsTable(tables.name("geo"))
        return nothing

    monkeypatch.setattr(type(rows), "isEmpty", look_before_another_writes)
    tables.merge_clean(rows, "geo", (0, 2))
    monkeypatch.undo()

    assert tables.read(spark, "geo").count() == 3


def test_an_append_depends_on_what_the_table_holds(spark: SparkSession, tables: Tables) -> None:
    """Delta lets a blind append never fail, whatever another writer adds at the same time."""
    rows = _geo(spark.range(3).select(F.col("id").cast("int").alias("ind")), "Chad")
    tables.merge_clean(rows, "geo", (0, 2))
    tables.add_load(spark, "geo", ("one", 0), _COUNTS, check_duplicate=True)
    tables.add_load(spark, "geo", ("one", 1), _COUNTS, check_duplicate=False)

    def blind(table: str) -> list[bool]:
        history = spark.sql(f"DESCRIBE HISTORY {tables.name(table)}").orderBy("version")
        writes = history.where("operation IN ('WRITE', 'MERGE')").collect()
        return [write.isBlindAppend for write in writes]

    assert blind("geo") == [False]
    assert blind("loads") == [False, True]


def _geo(inds: DataFrame, country: str) -> DataFrame:
    return inds.select(
        "ind",
        F.lit(country).alias("country"),
        F.lit(None).cast("array<double>").alias("coordinates"),
        F.lit(None).cast("timestamp").alias("timestamp"),
    )
