"""Placeholders are filled; files are written completely or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local.errors import StackError
from local.files import empty_folder, fill_placeholders, limit_size, write_atomically


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${a}/topics/{topic}", "http://b/topics/{topic}"),
        ("$a $input.json('$') $${x ${a}", "$a $input.json('$') $${x http://b"),
        ("#foreach ${a} ${a}", "#foreach http://b http://b"),
    ],
)
def test_only_braced_names_are_placeholders(text: str, filled: str) -> None:
    assert fill_placeholders(text, {"a": "http://b"}) == filled


def test_names_what_the_text_or_the_values_lack() -> None:
    message = r"without a value: \['bucket'\]; values without a placeholder: \['bukket'\]"
    with pytest.raises(StackError, match=message):
        fill_placeholders("${bucket}", {"bukket": "landing"})


def test_only_the_owner_can_read_a_written_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    write_atomically(file, "new é")

    assert file.read_text() == "new é"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_log_that_is_too_long_moves_aside_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("first\n")
    with log.open("a") as writer:
        limit_size(log, 6)
        assert log.read_text() == "first\n"

        limit_size(log, 5)
        writer.write("second\n")

    assert log.read_text() == "second\n"
    assert (tmp_path / "web.log.1").read_text() == "first\n"


def test_a_log_that_cannot_move_aside_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "web.log.1").mkdir()
    (tmp_path / "web.log.1" / "web.log").mkdir()
    log = tmp_path / "web.log"
    log.write_text("first")

    limit_size(log, 0)

    assert log.read_text() == ""


def test_a_folder_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "scratch" / "blockmgr").mkdir(parents=True)

    empty_folder(tmp_path / "scratch")

    assert list((tmp_path / "scratch").iterdir()) == []
