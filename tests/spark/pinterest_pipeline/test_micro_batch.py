"""A failed and repeated micro-batch leaves the same tables."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline import micro_batch
from pinterest_pipeline.events import event_named
from pinterest_pipeline.micro_batch import MicroBatches
from pinterest_pipeline.read import with_line_numbers
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import rows_of, write_checkpoint

KEPT = pytest.mark.parametrize("in_memory", [True, False])
"""Where the outcome of a micro-batch is kept: in memory or in files."""


@KEPT
@pytest.mark.parametrize("failing", ["merge_clean", "add_rejected", "add_load"])
def test_a_repeated_micro_batch_leaves_the_same_tables(
    spark: SparkSession,
    tables: Tables,
    shared_path: str,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    in_memory: bool,
) -> None:
    write_checkpoint(spark, shared_path)

    def run() -> None:
        records = _records(spark, ['{"index": 1, "title": "T"}', "not JSON"])
        _run(tables, shared_path, in_memory=in_memory).clean(records, 0)

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


@KEPT
def test_an_empty_micro_batch_writes_nothing(
    spark: SparkSession, tables: Tables, shared_path: str, in_memory: bool
) -> None:
    none = _records(spark, ["not JSON"]).limit(0)
    _run(tables, shared_path, in_memory=in_memory).clean(none, 0)
    for name in ("pin", "rejected", "loads"):
        assert tables.read(spark, name).isEmpty()


@KEPT
def test_a_run_that_still_writes_takes_nothing_from_the_next_run(
    spark: SparkSession,
    tables: Tables,
    shared_path: str,
    monkeypatch: pytest.MonkeyPatch,
    in_memory: bool,
) -> None:
    write_checkpoint(spark, shared_path)
    records = _records(
        spark, ['{"index": 1, "title": "T"}', '{"index": 2, "title": "U"}', "not JSON"]
    )
    runs = [_run(tables, shared_path, in_memory=in_memory) for _ in "ab"]
    merge_clean = Tables.merge_clean

    def while_another_runs(
        own: Tables, rows: DataFrame, table: str, ind_range: tuple[int, int]
    ) -> bool:
        monkeypatch.setattr(Tables, "merge_clean", merge_clean)
        runs[1].clean(records, 0)
        return merge_clean(own, rows, table, ind_range)

    monkeypatch.setattr(Tables, "merge_clean", while_another_runs)
    runs[0].clean(records, 0)

    assert rows_of(spark, tables, "pin", "ind", "title") == [(1, "T"), (2, "U")]
    assert rows_of(spark, tables, "rejected", "payload", "position") == [("not JSON", "3")]
    assert rows_of(spark, tables, "loads", "records_read", "rows_merged") == [(3, 2)]
    if not in_memory:
        assert spark.read.parquet(f"{shared_path}/staged/*").isEmpty()


@pytest.mark.local
@pytest.mark.parametrize("title", ["T", "ш" * 3_000])
def test_a_long_record_is_kept_in_files_and_so_are_those_after_it(
    spark: SparkSession, tables: Tables, shared_path: str, title: str
) -> None:
    write_checkpoint(spark, shared_path)
    run, bad = _run(tables, shared_path, in_memory=True), f'{{"title": "{title}"}}'
    run.clean(_records(spark, [f'{{"index": 1, "title": "{title}"}}', bad]), 0)
    run.clean(_records(spark, ['{"index": 2, "title": "T"}']), 1)

    assert rows_of(spark, tables, "pin", "ind", "title") == [(1, title), (2, "T")]
    assert rows_of(spark, tables, "rejected", "payload") == [(bad,)]
    assert Path(run.staged).exists() == (len(title) > 1)


@pytest.mark.local
def test_more_records_than_a_few_are_kept_in_files_until_they_are_few_again(
    spark: SparkSession, tables: Tables, shared_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(micro_batch, "_FEW_RECORDS", 2)
    write_checkpoint(spark, shared_path)
    run, staged = _run(tables, shared_path), []
    for batch, count in enumerate((2, 2, 3, 2, 2)):
        payloads = [f'{{"index": {10 * batch + n}, "title": "T"}}' for n in range(count)]
        run.clean(_records(spark, payloads), batch)
        staged.append(Path(run.staged).exists())
        shutil.rmtree(run.staged, ignore_errors=True)

    assert staged == [True, False, True, True, False]
    assert len(rows_of(spark, tables, "pin", "ind")) == 11
    assert rows_of(spark, tables, "loads", "batch_id", "records_read", "rows_merged") == [
        (0, 2, 2),
        (1, 2, 2),
        (2, 3, 3),
        (3, 2, 2),
        (4, 2, 2),
    ]


def test_posts_that_the_table_cannot_hold_are_appended_without_a_lookup(
    spark: SparkSession, tables: Tables, shared_path: str
) -> None:
    write_checkpoint(spark, shared_path)
    run = _run(tables, shared_path, in_memory=True)
    batches = ((1, 2), (4, 5), (7, 8), (3, 9), (8, 9), (10, 11), (0, 12))
    for batch, indexes in enumerate(batches):
        payloads = [f'{{"index": {index}, "title": "{batch}"}}' for index in indexes]
        run.clean(_records(spark, payloads), batch)

    titles = {0: 6, 1: 0, 2: 0, 3: 3, 4: 1, 5: 1, 7: 2, 8: 4, 9: 4, 10: 5, 11: 5, 12: 6}
    assert rows_of(spark, tables, "pin", "ind", "title") == [
        (ind, str(batch)) for ind, batch in titles.items()
    ]
    history = spark.sql(f"DESCRIBE HISTORY {tables.name('pin')}").where("operation = 'WRITE'")
    appends = [row.isBlindAppend for row in history.orderBy("version").collect()]
    assert appends == [False, True, True, True, True, False]


def test_rows_larger_than_what_is_sent_at_once_keep_their_values(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(micro_batch, "_SENT_BYTES", 100)
    columns = "ind int, title string, tags array<string>, at timestamp, share double"
    rows = [(n, f"title {n}", ["a", None], dt.datetime(2024, 1, 1), n / 7) for n in range(20)]  # noqa: DTZ001  # Spark takes naive times for UTC
    held = spark.createDataFrame(rows, columns)

    sent = micro_batch._sent(spark, held.toArrow())

    assert sent.dtypes == held.dtypes
    assert sorted(sent.collect()) == sorted(held.collect())


def _run(tables: Tables, checkpoint: str, *, in_memory: bool = False) -> MicroBatches:
    staged = Staging().folder(checkpoint)
    run = MicroBatches(event_named("pin"), tables, checkpoint, staged, with_line_numbers)
    run._expects_few = in_memory  # as after a micro-batch of few records
    return run


def _records(spark: SparkSession, payloads: list[str]) -> DataFrame:
    columns = "event string, payload string, origin string, position string, arrived_at timestamp"
    arrived_at = F.timestamp_seconds(F.lit(0))
    rows = [("pin", payload, "/landing/object", "0") for payload in payloads]
    raw = spark.createDataFrame(rows, columns.rpartition(",")[0]).coalesce(1)
    return raw.withColumn("arrived_at", arrived_at)
