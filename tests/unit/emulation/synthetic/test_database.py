"""Synthetic posts in a database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.console import Console
from typer.testing import CliRunner

from emulation.errors import SourceError
from emulation.synthetic.__main__ import app
from emulation.synthetic.database import default_source, write_posts, write_sqlite
from emulation.synthetic.posts import SyntheticPost, synthetic_posts

ROOT = Path(__file__).resolve().parents[4]


def default_of(path: Path, *_: object) -> None:
    default_source(path, None, Console(quiet=True))


def ignore(_: int) -> None:
    """Progress does not matter here."""


def test_progress_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulation.synthetic.database.BATCH_POSTS", 20)
    progress: list[int] = []
    write_sqlite(tmp_path / "a.db", synthetic_posts(45), progress.append)
    assert progress == [20, 40, 45]


def test_the_same_seed_creates_the_same_file_in_any_process(tmp_path: Path) -> None:
    options = ("--rows", "300", "--seed", "5", "--to")
    assert CliRunner().invoke(app, [*options, f"sqlite:///{tmp_path}/1.db"]).exit_code == 0
    subprocess.run(
        [sys.executable, "-m", "emulation.synthetic", *options, f"sqlite:///{tmp_path}/2.db"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        check=True,
    )
    assert (tmp_path / "1.db").read_bytes() == (tmp_path / "2.db").read_bytes()


def test_an_existing_file_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("mine")
    with pytest.raises(SourceError, match="exists"):
        write_sqlite(tmp_path / "a.db", synthetic_posts(10), ignore)
    assert (tmp_path / "a.db").read_text() == "mine"


def test_an_interrupt_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[SyntheticPost]:
        yield from synthetic_posts(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sqlite(tmp_path / "a.db", broken(), ignore)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="cannot be written"):
        write_sqlite(tmp_path / "file" / "a.db", synthetic_posts(10), ignore)


@pytest.mark.parametrize("write", [write_sqlite, default_of])
def test_a_name_that_is_too_long_is_explained(tmp_path: Path, write: Callable[..., object]) -> None:
    with pytest.raises(SourceError, match=r"cannot be written: .*File name too long"):
        write(tmp_path / f"{'y' * 300}.db", synthetic_posts(10), ignore)


def test_two_processes_may_create_the_same_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"

    def while_another_creates_it() -> Iterator[SyntheticPost]:
        first, *rest = synthetic_posts(10)
        yield first
        write_sqlite(path, synthetic_posts(10), ignore)
        yield from rest

    write_sqlite(path, while_another_creates_it(), ignore)
    write_sqlite(tmp_path / "b.db", synthetic_posts(10), ignore)
    assert path.read_bytes() == (tmp_path / "b.db").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.db", "b.db"]


def test_tables_that_exist_are_named(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "a.db", synthetic_posts(10), ignore)
    with pytest.raises(SourceError, match="already holds geolocation_data, pinterest_data"):
        write_posts(sa.make_url(f"sqlite:///{tmp_path}/a.db"), synthetic_posts(10), ignore)


def test_the_command_reports_errors() -> None:
    result = CliRunner().invoke(app, ["--to", "nonsense"])
    assert result.exit_code == 1
    assert "not a SQLAlchemy URL" in result.output
