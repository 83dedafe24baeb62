"""Where an interrupted run can resume."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.errors import SettingsError
from emulation.resume import AckTracker, ResumePoint


def point(
    folder: Path, source: str = "sqlite:///a.db", api: str = "http://a", to: str = "kafka:demo"
) -> ResumePoint:
    return ResumePoint(folder, source, api, to)


def test_there_is_no_resume_point_before_the_first_run(tmp_path: Path) -> None:
    assert point(tmp_path / "new").load() is None


def test_the_last_resume_point_is_loaded(tmp_path: Path) -> None:
    point(tmp_path).save(7)
    point(tmp_path).save(12)
    assert point(tmp_path).load() == 12


def test_saving_leaves_no_other_file(tmp_path: Path) -> None:
    point(tmp_path).save(7)
    assert list(tmp_path.iterdir()) == [point(tmp_path).path]


@pytest.mark.parametrize(
    "other", [{"source": "sqlite:///b.db"}, {"api": "http://b"}, {"to": "kafka:other"}]
)
def test_another_source_api_or_target_has_its_own_resume_point(
    tmp_path: Path, other: dict[str, str]
) -> None:
    point(tmp_path).save(7)
    assert point(tmp_path, **other).load() is None


def test_the_file_holds_no_password(tmp_path: Path) -> None:
    secret = point(tmp_path, source="mysql+pymysql://user:secret@host/db")
    secret.save(7)
    assert "secret" not in secret.path.read_text()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = point(tmp_path)
    broken.path.write_text("{")
    with pytest.raises(SettingsError, match=f"{broken.path.name} is unreadable"):
        broken.load()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        point(tmp_path / "file" / "folder").save(1)


def test_the_tracker_begins_where_the_run_begins() -> None:
    assert AckTracker(resume_after=9, workers=2).resume_after == 9


def test_the_index_rises_with_the_acknowledged_batch() -> None:
    acks = AckTracker(resume_after=-1, workers=1)
    acks.opened(0, 0)
    acks.acknowledged(0, 499)
    assert acks.resume_after == 499


def test_a_slow_worker_holds_the_index_back() -> None:
    acks = AckTracker(resume_after=-1, workers=2)
    acks.opened(0, 0)
    acks.opened(1, 1)
    acks.acknowledged(0, 98)
    assert acks.resume_after == 0
    acks.acknowledged(1, 99)
    assert acks.resume_after == 99


def test_an_open_batch_holds_the_index_back() -> None:
    acks = AckTracker(resume_after=-1, workers=1)
    acks.opened(0, 0)
    acks.opened(0, 500)
    acks.acknowledged(0, 499)
    assert acks.resume_after == 499
    acks.opened(0, 1000)
    assert acks.resume_after == 499


def test_batches_settled_out_of_order_across_workers_keep_the_highest() -> None:
    acks = AckTracker(resume_after=-1, workers=2)
    acks.opened(0, 0)
    acks.opened(1, 1)
    acks.acknowledged(1, 99)
    acks.acknowledged(0, 98)
    assert acks.resume_after == 99


def test_the_index_never_passes_a_refused_batch() -> None:
    acks = AckTracker(resume_after=-1, workers=2)
    acks.opened(0, 0)
    acks.opened(1, 1)
    acks.acknowledged(0, 98)
    acks.refused(1)
    acks.opened(1, 101)
    acks.acknowledged(1, 199)
    acks.refused(1)
    assert acks.resume_after == 0
