"""Files are written completely or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local.files import write_atomically


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_writes_a_file_with_its_permissions(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    write_atomically(file, "new é", mode=mode)

    assert file.read_text() == "new é"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]


def test_keeps_an_existing_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    with pytest.raises(FileExistsError):
        write_atomically(file, "new", overwrite=False)

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
