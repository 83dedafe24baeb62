"""The resume point in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.errors import SettingsError
from emulation.resume import ResumePoint


def point(
    folder: Path, source: str = "sqlite:///a.db", api: str = "http://a", to: str = "kafka:demo"
) -> ResumePoint:
    return ResumePoint(folder, source, api, to)


def test_there_is_none_before_the_first_run(tmp_path: Path) -> None:
    assert point(tmp_path / "new").load() is None


def test_the_last_one_is_loaded(tmp_path: Path) -> None:
    point(tmp_path).save(7)
    point(tmp_path).save(12)
    assert point(tmp_path).load() == 12


def test_nothing_but_the_resume_point_is_left_behind(tmp_path: Path) -> None:
    point(tmp_path).save(7)
    assert list(tmp_path.iterdir()) == [point(tmp_path).path]


@pytest.mark.parametrize(
    "other", [{"source": "sqlite:///b.db"}, {"api": "http://b"}, {"to": "kafka:other"}]
)
def test_another_source_api_or_target_has_its_own(tmp_path: Path, other: dict[str, str]) -> None:
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
