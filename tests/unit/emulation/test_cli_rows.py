"""The emulator's command: any index, and rows that cannot be read or sent."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.emulator_command import Command
from tests.support.fake_api import FakeApi
from tests.support.sources import geo, pin, user, write_posts, write_source

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "options", [[], ["--resume"], ["--random", "--rows", "4", "--rate", "1e4"]]
)
@pytest.mark.parametrize("indexes", [[-(2**63), 1], [1, 2**63 - 1], [-(2**63), 2**63 - 1]])
def test_an_index_may_be_any_number_of_64_bits(
    api: FakeApi, command: Command, tmp_path: Path, indexes: list[int], options: list[str]
) -> None:
    url = write_posts(tmp_path / "a.db", indexes)
    assert command("--source", url).exit_code == 0
    assert api.stored_keys("user") == [str(index) for index in indexes]
    result = command("--source", url, *options)
    assert result.exit_code == 0, result.output


def test_a_refused_lowest_index_does_not_end_the_run(
    api: FakeApi, command: Command, tmp_path: Path
) -> None:
    pins = [pin(-(2**63), b"\xff"), pin(0), pin(1)]
    url = write_source(tmp_path / "a.db", pins)
    for options in ([], ["--resume"]):
        result = command("--source", url, *options, "--batch-size", "1")
        assert result.exit_code == 1
        assert "1 pin refused: pinterest_data.title is not text in UTF-8" in result.output
    assert api.stored_keys("pin") == ["0", "1"] * 2


@pytest.mark.parametrize("to", ["kafka", "kinesis"])
def test_refused_rows_alone_make_no_request(
    api: FakeApi, command: Command, tmp_path: Path, to: str
) -> None:
    pins = [pin(index, b"\xff" if index == 2 else "A title") for index in (1, 2, 3)]
    url = write_source(tmp_path / "a.db", pins, map(geo, (1, 2, 3)))
    result = command("--source", url, "--to", to, "--batch-size", "1")
    assert [request.keys for request in api.of("pin", to)] == [["1"], ["3"]]
    assert "0 pin refused" not in result.output


def test_a_row_without_an_index_is_refused(api: FakeApi, command: Command, tmp_path: Path) -> None:
    url = write_source(tmp_path / "odd.db", [pin(1), pin(None)], [geo(1)], [user(1)])
    figures = tmp_path / "figures.json"
    result = command("--source", url, "--summary-json", str(figures))
    assert result.exit_code == 1
    assert "1 pin refused: the row has no index" in result.output
    assert "--resume" not in result.output
    assert api.stored_keys("pin") == ["1"]
    refused = {event: of["refused"] for event, of in json.loads(figures.read_text()).items()}
    assert refused == {"pin": 1, "geo": 0, "user": 0}


def test_an_unreadable_row_is_refused_and_the_rest_is_posted(
    api: FakeApi, command: Command, tmp_path: Path
) -> None:
    url = write_posts(tmp_path / "odd.db", range(1, 7))
    with closing(sqlite3.connect(tmp_path / "odd.db")) as connection:
        connection.execute("UPDATE user_data SET last_name = X'ff' WHERE ind IN (3, 5)")
        connection.commit()
    figures = tmp_path / "figures.json"
    options = ("--to", "both", "--batch-size", "2", "--summary-json", str(figures))
    result = command("--source", url, *options)
    assert result.exit_code == 1
    reason = "2 user refused: user_data.last_name is not text in UTF-8 (index 3, 5)"
    assert f"kafka: {reason}" in result.output
    assert f"kinesis: {reason}" in result.output
    assert "Every post up to index 2 is acknowledged" in result.output
    assert api.stored_keys("user") == ["1", "2", "4", "6"]
    assert api.stored_keys("pin") == ["1", "2", "3", "4", "5", "6"]
    of_user = json.loads(figures.read_text())["kafka"]["user"]
    assert (of_user["rows_in_source"], of_user["acknowledged"], of_user["refused"]) == (6, 4, 2)


def test_a_terminal_without_unicode_does_not_end_the_run(
    environment: dict[str, str], tmp_path: Path
) -> None:
    url = write_posts(tmp_path / "café.db", [1, 2])
    with closing(sqlite3.connect(tmp_path / "café.db")) as connection:
        connection.execute("UPDATE user_data SET last_name = CAST('é' || X'ff' AS TEXT)")
        connection.commit()
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "user_posting_emulation.py", "--summary-json", str(figures)],
        cwd=ROOT,
        env={**os.environ, **environment, "PINTEREST_SOURCE": url, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"2 user refused: user_data.last_name is unreadable: Could not decode" in done.stdout
    assert b"\\ufffd" in done.stdout
    assert json.loads(figures.read_text())["user"]["refused"] == 2
