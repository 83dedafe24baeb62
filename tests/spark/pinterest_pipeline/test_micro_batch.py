"""A failed and repeated micro-batch leaves the same tables."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import event_named
from pinterest_pipeline.micro_batch import MicroBatches
from pinterest_pipeline.read import with_line_numbers
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import rows_of, write_checkpoint


@pytest.mark.parametrize("failing", ["merge_clean", "add_rejected", "add_load"])
def test_a_repeated_micro_batch_leaves_the_same_tables(
    spark: SparkSession,
    tables: Tables,
    shared_path: str,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    write_checkpoint(spark, shared_path)

    def run() -> None:
        records = _records(spark, ['{"index": 1, "title": "T"}', "not JSON"])
        _run(tables, shared_path).clean(records, 0)

    write = getattr(Tables, failing)

    def fail(*arguments: object, **named: object) -> None:
        write(*arguments, **named)  # a failing write may have written
        raise ConnectionError(failing)

    with monkeypatch.context() as patch:
        patch.setattr(Tables, failing, fail)
        with pytest.raises(ConnectionError):
            run()
    run()
    run()

    assert rows_of(spark, tables, "pin", "ind", "title") == [(1, "T")]
    assert rows_of(spark, tables, "rejected", "payload", "position") == [("not JSON", "2")]
    loads = rows_of(spark, tables, "loads", "records_read", "rows_merged", "records_rejected")
    assert loads == [(2, 1, 1)]


def test_an_empty_micro_batch_writes_nothing(
    spark: SparkSession, tables: Tables, shared_path: str
) -> None:
    none = _records(spark, ["not JSON"]).limit(0)
    _run(tables, shared_path).clean(none, 0)
    for name in ("pin", "rejected", "loads"):
        assert tables.read(spark, name).isEmpty()


def test_a_run_that_still_writes_takes_nothing_from_the_next_run(
    spark: SparkSession, tables: Tables, shared_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(spark, shared_path)
    records = _records(
        spark, ['{"index": 1, "title": "T"}', '{"index": 2, "title": "U"}', "not JSON"]
    )
    runs = [_run(tables, shared_path) for _ in "ab"]
    merge_clean = Tables.merge_clean

    def while_another_runs(
        own: Tables, rows: DataFrame, table: str, ind_range: tuple[int, int]
    ) -> None:
        monkeypatch.setattr(Tables, "merge_clean", merge_clean)
        runs[1].clean(records, 0)
        merge_clean(own, rows, table, ind_range)

    monkeypatch.setattr(Tables, "merge_clean", while_another_runs)
    runs[0].clean(records, 0)

    assert rows_of(spark, tables, "pin", "ind", "title") == [(1, "T"), (2, "U")]
    assert rows_of(spark, tables, "rejected", "payload", "position") == [("not JSON", "3")]
    assert rows_of(spark, tables, "loads", "records_read", "rows_merged") == [(3, 2)]
    assert spark.read.parquet(f"{shared_path}/staged/*").isEmpty()


def _run(tables: Tables, checkpoint: str) -> MicroBatches:
    staged = Staging().folder(checkpoint)
    return MicroBatches(event_named("pin"), tables, checkpoint, staged, with_line_numbers)


def _records(spark: SparkSession, payloads: list[str]) -> DataFrame:
    columns = "event string, payload string, origin string, position string, arrived_at timestamp"
    arrived_at = F.timestamp_seconds(F.lit(0))
    rows = [("pin", payload, "/landing/object", "0") for payload in payloads]
    raw = spark.createDataFrame(rows, columns.rpartition(",")[0]).coalesce(1)
    return raw.withColumn("arrived_at", arrived_at)
