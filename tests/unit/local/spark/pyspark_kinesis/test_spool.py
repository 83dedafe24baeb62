"""The records that are kept for the tasks of a micro-batch."""

from __future__ import annotations

import stat
from pathlib import Path

from local.spark.pyspark_kinesis.client import Record
from local.spark.pyspark_kinesis.spool import Spool, read_spooled

RECORD = Record("1", 1.5, b"\x00\xff", "é")


def test_records_are_kept_for_their_owner_until_the_spool_is_closed() -> None:
    spool = Spool()
    file = spool.new_file()
    file.write([RECORD], "pins", "shardId-0")
    file.write([RECORD, RECORD], "pins", "shardId-0")
    file.close()

    batches = list(read_spooled(str(file.path)) or [])
    assert [batch.num_rows for batch in batches] == [1, 2]
    assert batches[0].to_pylist()[0]["data"] == b"\x00\xff"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file.path.parent, file.path)]
    assert modes == [0o700, 0o600]

    spool.close()
    assert not file.path.parent.exists()


def test_without_a_record_there_is_no_file() -> None:
    spool = Spool()
    file = spool.new_file()
    file.close()
    assert not file.path.exists()
    spool.close()


def test_a_missing_file_gives_none(tmp_path: Path) -> None:
    assert read_spooled(str(tmp_path / "gone.arrow")) is None
    assert read_spooled(None) is None
