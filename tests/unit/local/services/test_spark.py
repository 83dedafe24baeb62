"""What the Spark server finds in its warehouse when it starts."""

from __future__ import annotations

from pathlib import Path

from local.services.spark import remove_uncommitted_tables


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
