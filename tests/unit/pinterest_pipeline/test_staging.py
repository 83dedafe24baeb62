"""The folders of a run are removed at its end, and those of killed runs a day later."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pinterest_pipeline.staging import Staging
from tests.support.local_files import LocalFiles

_HOUR = 3_600


def outcome(folder: Path, hours_old: float = 0) -> Path:
    """Write the outcome of a run that was last written to `hours_old` hours ago."""
    file = folder / "_temporary" / "0" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    file.touch()
    then = time.time() - hours_old * _HOUR
    os.utime(file, (then, then))
    return folder


def test_a_run_removes_its_own_folders_at_the_end(tmp_path: Path) -> None:
    other = outcome(tmp_path / "pin" / "staged" / "other-run")
    with Staging(LocalFiles()) as staging:
        for query in ("pin", "geo"):
            staging.remove_leftovers(str(tmp_path / query))
            folder = Path(staging.folder(str(tmp_path / query)))
            assert folder.parent == tmp_path / query / "staged"
            outcome(folder)
    assert list((tmp_path / "pin" / "staged").iterdir()) == [other]
    assert list((tmp_path / "geo" / "staged").iterdir()) == []


def test_a_run_that_wrote_nothing_ends_without_an_error(tmp_path: Path) -> None:
    with Staging(LocalFiles()) as staging:
        staging.remove_leftovers(str(tmp_path))
        folder = staging.folder(str(tmp_path))
    assert not Path(folder).exists()


def test_a_run_that_fails_keeps_its_folder_because_it_may_still_write(tmp_path: Path) -> None:
    folder = ""

    def fail() -> None:
        nonlocal folder
        with Staging(LocalFiles()) as staging:
            folder = staging.folder(str(tmp_path))
            outcome(Path(folder))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert Path(folder).exists()


def test_folders_of_killed_runs_are_removed_when_no_file_is_younger_than_a_day(
    tmp_path: Path,
) -> None:
    staged = tmp_path / "staged"
    outcome(staged / "old", hours_old=25)
    (staged / "empty").mkdir()
    young = outcome(staged / "young", hours_old=23)
    outcome(staged / "young" / "old", hours_old=25)

    Staging(LocalFiles()).remove_leftovers(str(tmp_path))

    assert list(staged.iterdir()) == [young]


def test_two_runs_have_folders_of_their_own() -> None:
    assert Staging().folder("/checkpoint") != Staging().folder("/checkpoint")


def test_without_a_file_system_nothing_is_removed(tmp_path: Path) -> None:
    outcome(tmp_path / "staged" / "old", hours_old=25)
    with Staging() as staging:
        staging.remove_leftovers(str(tmp_path))
        outcome(Path(staging.folder(str(tmp_path))))
    assert len(list((tmp_path / "staged").iterdir())) == 2
