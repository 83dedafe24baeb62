"""Where an interrupted run can resume."""

from __future__ import annotations

import stat
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


def test_only_the_user_can_read_a_new_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    point(tmp_path / "stack" / "emulator").save(1)
    folders = (tmp_path, tmp_path / "stack", tmp_path / "stack" / "emulator")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o755, 0o700, 0o700]


@pytest.mark.parametrize("name", ["file", "y" * 300])
def test_a_folder_that_cannot_be_read_or_written_is_explained(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    for use in (ResumePoint.load, lambda one: one.save(1)):
        with pytest.raises(SettingsError, match="Name a folder with --state"):
            use(point(tmp_path / name))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # Each step: what a worker did, the worker, and the first or last index of its batch.
        pytest.param([], [], id="nothing sent"),
        pytest.param([("opened", 0, 0), ("acknowledged", 0, 499)], [-1, 499], id="one batch"),
        pytest.param(
            [("opened", 0, 0), ("opened", 1, 1), ("acknowledged", 0, 98), ("acknowledged", 1, 99)],
            [-1, -1, 0, 99],
            id="a slow worker holds the index back",
        ),
        pytest.param(
            [("opened", 0, 0), ("opened", 1, 1), ("acknowledged", 1, 99), ("acknowledged", 0, 98)],
            [-1, -1, -1, 99],
            id="the highest index stays",
        ),
        pytest.param(
            [("opened", 0, 0), ("opened", 0, 500), ("acknowledged", 0, 499), ("opened", 0, 1000)],
            [-1, -1, 499, 499],
            id="an open batch holds the index back",
        ),
        pytest.param(
            [
                ("opened", 1, 1),
                ("refused", 1),
                ("opened", 1, 101),
                ("acknowledged", 1, 199),
                ("refused", 1),
            ],
            [0, 0, 0, 0, 0],
            id="the index never passes a refused batch",
        ),
    ],
)
def test_a_run_resumes_after_the_last_index_below_which_all_is_acknowledged(
    steps: list[tuple[str, ...]], expected: list[int]
) -> None:
    acks = AckTracker(resume_after=-1, workers=2)
    indexes = [acks.resume_after]
    for name, *arguments in steps:
        getattr(acks, name)(*arguments)
        indexes.append(acks.resume_after)
    assert indexes == [-1, *expected]
