"""Synthetic posts in a database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emulation.errors import SourceError
from emulation.plan import plan_posts
from emulation.source import open_source
from emulation.synthetic.__main__ import app
from emulation.synthetic.database import write_posts, write_sqlite
from emulation.synthetic.posts import SyntheticPost, synthetic_posts

ROOT = Path(__file__).resolve().parents[4]


def ignore(_: int) -> None:
    """Progress does not matter here."""


def test_the_file_is_a_source(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "new" / "a.db", synthetic_posts(60), ignore)
    with open_source(f"sqlite:///{tmp_path}/new/a.db") as source:
        assert plan_posts(source).rows == {"pin": 60, "geo": 60, "user": 60}


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    write_sqlite(tmp_path / "a.db", synthetic_posts(4500), told.append)
    assert told == [2000, 4000, 4500]


def test_the_same_seed_makes_the_same_file_whatever_the_hash_seed(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        options = ("--rows", "300", "--seed", "5", "--to", f"sqlite:///{tmp_path}/{hash_seed}.db")
        subprocess.run(
            [sys.executable, "-m", "emulation.synthetic", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        )
    assert (tmp_path / "1.db").read_bytes() == (tmp_path / "2.db").read_bytes()


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("mine")
    with pytest.raises(SourceError, match="exists"):
        write_sqlite(tmp_path / "a.db", synthetic_posts(10), ignore)
    assert (tmp_path / "a.db").read_text() == "mine"


def test_a_file_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[SyntheticPost]:
        yield from synthetic_posts(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sqlite(tmp_path / "a.db", broken(), ignore)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="cannot be written"):
        write_sqlite(tmp_path / "file" / "a.db", synthetic_posts(10), ignore)


def test_tables_that_exist_are_named(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "a.db", synthetic_posts(10), ignore)
    with pytest.raises(SourceError, match="already holds geolocation_data, pinterest_data"):
        write_posts(f"sqlite:///{tmp_path}/a.db", synthetic_posts(10), ignore)


def test_the_command_makes_a_source(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    result = CliRunner().invoke(app, ["--rows", "20", "--to", url])
    assert result.exit_code == 0, result.output
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT count(*) FROM user_data").fetchone() == (20,)
    connection.close()


def test_the_command_tells_what_is_wrong() -> None:
    result = CliRunner().invoke(app, ["--to", "nonsense"])
    assert result.exit_code == 1
    assert "not a SQLAlchemy URL" in result.output
