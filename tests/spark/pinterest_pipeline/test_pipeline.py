"""From landing folder to tables: every record in one place, whatever is repeated or fails."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.read import Reader
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import Landing, geo, pin, user


@pytest.fixture
def landing(spark: SparkSession, tmp_path: Path) -> Iterator[Landing]:
    tables = Tables("spark_catalog", f"test_{uuid.uuid4().hex}")
    yield Landing(spark, tmp_path / "landing", tmp_path / "checkpoints", tables)
    spark.sql(f"DROP SCHEMA IF EXISTS {tables.catalog}.{tables.schema} CASCADE")


def test_an_empty_landing_makes_empty_tables(landing: Landing) -> None:
    assert landing.clean() == []
    for name in ("pin", "geo", "user", "rejected", "loads"):
        assert landing.table(name).count() == 0


def test_each_record_ends_in_its_clean_table_or_rejected_and_is_counted(landing: Landing) -> None:
    origin = landing.land(
        "pin",
        0,
        pin(1, title="first"),
        "not JSON",
        pin(2),
        pin(1, title="second"),
        b'{"index": 3, "title": "\xff"}',
        "",
        pin(1, title="third"),
        hour=5,
    )
    landing.land("geo", 0, geo(1), geo(2, latitude=200))
    landing.land("user", 0, user(1))

    assert landing.clean() == [
        ("geo", 0, 2, 1, 0, 1),
        ("pin", 0, 7, 2, 2, 3),
        ("user", 0, 1, 1, 0, 0),
    ]
    assert landing.rows("pin", "ind", "title") == [(1, "third"), (2, "T")]
    assert landing.rows("geo", "ind", "country") == [(1, "Chad")]
    assert landing.rows("user", "ind", "user_name") == [(1, "Ada Lovelace")]
    rejected = landing.table("rejected").where("event = 'pin'")
    assert sorted(
        tuple(row)
        for row in rejected.select(
            "position", "payload", "reason", "origin", F.col("arrived_at").cast("string")
        ).collect()
    ) == [
        ("2", "not JSON", "not JSON, or cut off", origin, "2024-01-01 05:00:00"),
        (
            "5",
            "eyJpbmRleCI6IDMsICJ0aXRsZSI6ICL/In0=",
            "not UTF-8; the payload is kept as base64",
            origin,
            "2024-01-01 05:00:00",
        ),
        ("6", "", "empty line", origin, "2024-01-01 05:00:00"),
    ]


def test_a_run_with_nothing_new_writes_nothing(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), "not JSON")
    landing.clean()
    before = landing.versions()

    assert landing.clean() == []
    assert landing.versions() == before


def test_the_same_post_three_times_is_one_row_that_is_written_once(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), pin(1))
    landing.clean()
    landing.land("pin", 2, pin(1), hour=1)

    assert landing.clean() == [("pin", 1, 1, 1, 0, 0)]
    assert landing.rows("pin", "ind", "title") == [(1, "T")]
    history = landing.spark.sql(f"DESCRIBE HISTORY {landing.tables.name('pin')}")
    updated = history.select(F.col("operationMetrics.numTargetRowsUpdated").cast("int").alias("n"))
    assert updated.agg(F.sum("n")).collect()[0][0] == 0


def test_the_version_that_arrived_last_stands(landing: Landing) -> None:
    landing.land("pin", 10, pin(1, title="old"), hour=2)
    landing.land("pin", 9, pin(1, title="older"), pin(2, title="old"), hour=1)
    landing.land("pin", 11, pin(2, title="new"), hour=2)
    landing.land("pin", 0, pin(1, title="new"), partition=1, hour=3)
    landing.clean()
    assert landing.rows("pin", "ind", "title") == [(1, "new"), (2, "new")]

    landing.land("pin", 12, pin(1, title="newest"), hour=4)
    landing.clean()
    assert landing.rows("pin", "ind", "title") == [(1, "newest"), (2, "new")]


def test_objects_of_the_same_second_arrived_in_the_order_of_their_offsets(
    landing: Landing,
) -> None:
    landing.land("pin", 9, pin(1, title="old"))
    landing.land("pin", 10, pin(1, title="new"))
    landing.clean()
    assert landing.rows("pin", "ind", "title") == [(1, "new")]


def test_an_object_that_is_read_in_parts_keeps_its_order_and_its_line_numbers(
    landing: Landing,
) -> None:
    filler = [pin(n, description="x" * 1_000) for n in range(10, 6_010)]
    landing.land("pin", 0, pin(1, title="old"), *filler, "not JSON", pin(1, title="new"))

    assert landing.clean() == [("pin", 0, 6_003, 6_001, 1, 1)]
    assert landing.table("pin").where("ind = 1").collect()[0].title == "new"
    assert landing.rows("rejected", "position") == [("6002",)]


def test_a_lost_checkpoint_changes_no_row_and_counts_the_records_again(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), "not JSON", pin(1, title="new"))
    landing.clean()
    shutil.rmtree(landing.checkpoints)
    landing.land("pin", 3, pin(2), hour=1)

    assert landing.clean() == [("pin", 0, 4, 2, 1, 1)]
    assert landing.rows("pin", "ind", "title") == [(1, "new"), (2, "T")]
    assert landing.rows("rejected", "position") == [("2",)]
    assert landing.table("loads").count() == 2


def test_a_failing_query_is_an_error_that_says_what_to_do(landing: Landing) -> None:
    landing.land("pin", 0, pin(1))
    landing.spark.sql(f"CREATE SCHEMA {landing.tables.catalog}.{landing.tables.schema}")
    landing.spark.sql(f"CREATE TABLE {landing.tables.name('pin')} (other INT) USING delta")

    with pytest.raises(CleaningError, match=r"(?s)pin records; .* rerun; the query resumes"):
        landing.clean()


def test_reader_options_reach_the_source(landing: Landing) -> None:
    landing.land("pin", 0, pin(1))
    landing.land("pin", 1, pin(2), hour=1)
    assert landing.clean(Reader(options={"maxFilesPerTrigger": "1"})) == [
        ("pin", 0, 1, 1, 0, 0),
        ("pin", 1, 1, 1, 0, 0),
    ]
