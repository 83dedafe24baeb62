"""What the Spark server leaves in its folder, and finds there when it starts."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from local.services.spark import is_read_only, remove_uncommitted_tables


def test_only_tables_without_a_commit_are_removed(tmp_path: Path) -> None:
    schema = tmp_path / "pinterest.db"
    files = {
        "killed": ["_delta_log/.00000000000000000000.json.7b.tmp"],
        "empty": ["_delta_log/00000000000000000000.json"],
        "old": ["_delta_log/00000000000000000050.checkpoint.parquet", "part-00000.parquet"],
        "foreign": ["part-00000.parquet"],
    }
    for table, names in files.items():
        for name in names:
            (schema / table / name).parent.mkdir(parents=True, exist_ok=True)
            (schema / table / name).touch()

    remove_uncommitted_tables(tmp_path)

    assert {path.name for path in schema.iterdir()} == {"empty", "old", "foreign"}


@pytest.mark.parametrize(
    ("lock", "age_seconds", "read_only"),
    [(b"an id", 60, False), (b"", 60, True), (b"", 0, False)],
    ids=["written", "empty", "just created"],
)
def test_a_metastore_whose_lock_could_not_be_written_is_read_only(
    tmp_path: Path, lock: bytes, age_seconds: float, read_only: bool
) -> None:
    assert not is_read_only(tmp_path)
    (tmp_path / "db.lck").write_bytes(lock)
    created = time.time() - age_seconds
    os.utime(tmp_path / "db.lck", (created, created))

    assert is_read_only(tmp_path) is read_only
