"""From landing folder to tables: every record in one place, whatever is repeated or fails."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.read import Reader
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import (
    USER_ID,
    Landing,
    geo,
    pin,
    stop_a_micro_batch_of_pins,
    user,
)
from tests.support.local_files import LocalFiles

pytestmark = pytest.mark.local

type Rows = list[tuple[object, ...]]

_VERSIONS = {
    11: "the latest hour",
    12: "the largest offset of the hour",
    13: "offset 10",
    14: "offset 21, of a clock that was set back",
}


@contextmanager
def new_landing(spark: SparkSession, folder: Path) -> Iterator[Landing]:
    tables = Tables("spark_catalog", f"test_{uuid.uuid4().hex}")
    yield Landing(spark, folder / "landing", folder / "checkpoints", tables)
    spark.sql(f"DROP SCHEMA IF EXISTS {tables.schema_name} CASCADE")


@pytest.fixture
def landing(spark: SparkSession, tmp_path: Path) -> Iterator[Landing]:
    with new_landing(spark, tmp_path) as landing:
        yield landing


@dataclass(frozen=True)
class Cleaned:
    """A landing that was cleaned once. Tests that change no table share it.

    Attributes:
        landing: The landing.
        origin: The path of the object with rejected pins.
        loads: The loads of the run.
    """

    landing: Landing
    origin: str
    loads: Rows


@pytest.fixture(scope="module")
def cleaned(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cleaned]:
    with new_landing(spark, tmp_path_factory.mktemp("cleaned")) as landing:
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
        landing.land("pin", 10, pin(11, title="old"), pin(13, title=_VERSIONS[13]), hour=2)
        landing.land("pin", 9, pin(11), pin(12, title="old"), hour=1)
        landing.land("pin", 8, pin(13, title="old"), hour=2)
        landing.land("pin", 11, pin(12, title=_VERSIONS[12]), hour=2)
        landing.land("pin", 0, pin(11, title=_VERSIONS[11]), partition=1, hour=3)
        landing.land("pin", 20, pin(14, title="old"), hour=4)
        landing.land("pin", 21, pin(14, title=_VERSIONS[14]), hour=3)
        landing.land("geo", 0, geo(1), geo(2, latitude=200))
        landing.land("user", 0, user(1))
        yield Cleaned(landing, origin, landing.clean())


def test_each_record_ends_in_its_clean_table_or_rejected_and_is_counted(cleaned: Cleaned) -> None:
    landing = cleaned.landing

    assert cleaned.loads == [
        ("geo", 0, 2, 1, 0, 1),
        ("pin", 0, 16, 6, 7, 3),
        ("user", 0, 1, 1, 0, 0),
    ]
    assert landing.rows("pin", "ind", "title")[:2] == [(1, "third"), (2, "T")]
    assert landing.rows("geo", "ind", "country") == [(1, "Chad")]
    assert landing.rows("user", "ind", "user_name") == [(1, "Ada Lovelace")]


def test_a_rejected_record_has_its_line_payload_reason_object_and_arrival(
    cleaned: Cleaned,
) -> None:
    rejected = cleaned.landing.table("rejected").where("event = 'pin'")
    arrival = F.col("arrived_at").cast("string")
    columns = ("position", "payload", "reason", "origin", arrival)
    of_object = (cleaned.origin, "2024-01-01 05:00:00")
    not_utf8 = "not UTF-8; the payload is kept as base64"

    assert sorted(tuple(row) for row in rejected.select(*columns).collect()) == [
        ("2", "not JSON", "not JSON, or cut off", *of_object),
        ("5", "eyJpbmRleCI6IDMsICJ0aXRsZSI6ICL/In0=", not_utf8, *of_object),
        ("6", "", "empty line", *of_object),
    ]


def test_the_version_that_arrived_last_wins_by_offset_and_between_partitions_by_hour(
    cleaned: Cleaned,
) -> None:
    assert cleaned.landing.rows("pin", "ind", "title")[2:] == [*_VERSIONS.items()]


def test_a_run_without_new_records_writes_nothing(cleaned: Cleaned) -> None:
    before = cleaned.landing.versions()

    assert cleaned.landing.clean() == []
    assert cleaned.landing.versions() == before


def test_an_object_that_is_dated_far_ahead_hides_no_later_one(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), hour=24 * 365 * 10)
    landing.clean()
    landing.land("pin", 1, pin(2))

    assert landing.clean() == [("pin", 1, 1, 1, 0, 0)]


def test_the_same_post_again_is_one_row_that_is_written_once(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), pin(1))
    landing.land("pin", 2, pin(1), hour=1)

    assert landing.clean(Reader(options={"maxFilesPerTrigger": "1"})) == [
        ("pin", 0, 2, 1, 1, 0),
        ("pin", 1, 1, 1, 0, 0),
    ]
    assert landing.rows("pin", "ind", "title") == [(1, "T")]
    history = landing.spark.sql(f"DESCRIBE HISTORY {landing.tables.name('pin')}")
    updated = history.select(F.col("operationMetrics.numTargetRowsUpdated").cast("int").alias("n"))
    assert not updated.agg(F.sum("n")).collect()[0][0]


def test_an_object_that_is_read_in_parts_keeps_its_order_and_its_line_numbers(
    landing: Landing,
) -> None:
    filler = [pin(n, description="x" * 1_000) for n in range(10, 6_010)]
    landing.land("pin", 0, pin(1, title="old"), *filler, "not JSON", pin(1, title="new"))

    assert landing.clean() == [("pin", 0, 6_003, 6_001, 1, 1)]
    assert landing.table("pin").where("ind = 1").collect()[0].title == "new"
    assert landing.rows("rejected", "position") == [("6002",)]


def test_a_run_returns_the_loads_of_its_own_queries_only(landing: Landing) -> None:
    landing.tables.create(landing.spark)
    of_another = landing.spark.sql(
        "SELECT 'pin', 0, 1, 1, 0, 0, TIMESTAMP '2999-01-01', 'another checkpoint'"
    )
    of_another.write.insertInto(landing.tables.name("loads"))
    landing.land("geo", 0, geo(1))

    assert landing.clean() == [("geo", 0, 1, 1, 0, 0)]


def test_a_run_leaves_no_outcome_behind(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), "not JSON")
    with Staging(LocalFiles()) as staging:
        assert landing.clean(staging=staging) == [("pin", 0, 2, 1, 0, 1)]
        assert len(list(landing.checkpoints.glob("*/*/staged/*"))) == 1
    assert list(landing.checkpoints.glob("*/*/staged/*")) == []
    assert len(list(landing.checkpoints.glob("*/*/staged"))) == len(EVENTS)


def test_a_lost_checkpoint_changes_no_row_and_counts_the_records_again(landing: Landing) -> None:
    landing.land("pin", 0, pin(1), "not JSON", pin(1, title="new"))
    landing.clean()
    shutil.rmtree(landing.checkpoints)
    landing.land("pin", 3, pin(2), hour=1)

    assert landing.clean() == [("pin", 0, 4, 2, 1, 1)]
    assert landing.rows("pin", "ind", "title") == [(1, "new"), (2, "T")]
    assert landing.rows("rejected", "position") == [("2",)]
    assert landing.table("loads").count() == 2


def test_a_file_that_a_killed_server_was_writing_does_not_keep_a_query_from_starting(
    landing: Landing,
) -> None:
    for log in ("offsets", "commits"):
        folder = landing.checkpoints / landing.tables.schema / f"{USER_ID}.pin" / log
        folder.mkdir(parents=True)
        (folder / f".0.{uuid.uuid4()}.tmp").touch()
    landing.land("pin", 0, pin(1))

    assert landing.clean() == [("pin", 0, 1, 1, 0, 0)]


def test_a_failing_query_is_an_error_with_the_next_step(landing: Landing) -> None:
    landing.land("pin", 0, pin(1))
    landing.spark.sql(f"CREATE SCHEMA {landing.tables.schema_name}")
    landing.spark.sql(f"CREATE TABLE {landing.tables.name('pin')} (other INT) USING delta")

    with pytest.raises(CleaningError, match=r"(?s)pin records; .* rerun; the query resumes"):
        landing.clean()


def test_a_query_that_another_program_stops_is_an_error_and_the_next_run_resumes(
    landing: Landing,
) -> None:
    landing.land("pin", 0, *(pin(n) for n in range(3_000)))
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stop_a_micro_batch_of_pins, landing.spark)
        # Spark reports the interrupt only where it caught a read or write of a file.
        stopped = r"(?s)pin records; .* (another program stopped it|.*InterruptedException)"
        with pytest.raises(CleaningError, match=stopped):
            landing.clean()
        stopping.result()
    assert landing.clean() == [("pin", 0, 3_000, 3_000, 0, 0)]
