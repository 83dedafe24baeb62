"""What is kept for the tasks of a micro-batch."""

from __future__ import annotations

import stat
from pathlib import Path

from local.spark.pyspark_kinesis.records import Record
from local.spark.pyspark_kinesis.spool import Spool, kept

RECORD = Record("1", 1.5, b"\x00\xff", "é")


def test_records_come_back_as_they_were() -> None:
    spool = Spool()
    file = spool.new_file()
    file.write([RECORD], "pins", "shardId-0")
    file.write([RECORD, RECORD], "pins", "shardId-0")
    file.close()
    batches = list(kept(str(file.path)) or [])
    assert [batch.num_rows for batch in batches] == [1, 2]
    assert batches[0].to_pylist()[0]["data"] == b"\x00\xff"
    spool.close()


def test_nobody_else_may_read_them() -> None:
    spool = Spool()
    file = spool.new_file()
    file.write([RECORD], "pins", "shardId-0")
    file.close()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file.path.parent, file.path)]
    assert modes == [0o700, 0o600]
    spool.close()


def test_without_a_record_there_is_no_file() -> None:
    spool = Spool()
    file = spool.new_file()
    file.close()
    assert not file.path.exists()
    spool.close()


def test_a_file_that_is_gone_is_null(tmp_path: Path) -> None:
    assert kept(str(tmp_path / "gone.arrow")) is None
    assert kept(None) is None


def test_closing_removes_everything() -> None:
    spool = Spool()
    file = spool.new_file()
    file.write([RECORD], "pins", "shardId-0")
    file.close()
    spool.close()
    assert not file.path.parent.exists()
