"""The emulator's command: its options, what it sends, and what it prints."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.emulator_command import Command
from tests.support.fake_api import (
    FakeApi,
    kinesis_error,
    message,
    put,
)
from tests.support.sources import geo, pin, user, write_posts, write_source


def test_every_row_is_posted_once(api: FakeApi, command: Command, source: str) -> None:
    result = command("--source", source)
    assert result.exit_code == 0, result.output
    for event in ("pin", "geo", "user"):
        assert api.stored_keys(event) == [str(index) for index in range(10)]


def test_a_record_is_the_row_as_json(api: FakeApi, command: Command, source: str) -> None:
    command("--source", source, "--rows", "1", "--user-id", "me")
    [request] = api.of("user")
    assert request.method == "POST"
    assert request.path == "/prod/topics/me.user"
    assert request.records == [
        {
            "key": "0",
            "value": {
                "ind": 0,
                "first_name": "Ana",
                "last_name": "Ashford",
                "age": 33,
                "date_joined": "2016-01-02T03:04:05",
            },
        }
    ]


def test_batch_size_and_rows_are_kept(api: FakeApi, command: Command, source: str) -> None:
    command("--source", source, "--rows", "5", "--batch-size", "2")
    assert [request.keys for request in api.of("geo")] == [["0", "1"], ["2", "3"], ["4"]]


def test_the_source_may_come_from_the_environment(
    api: FakeApi, command: Command, source: str
) -> None:
    command.environment["PINTEREST_SOURCE"] = source
    assert command().exit_code == 0
    assert len(api.stored_keys("pin")) == 10


def test_a_rate_is_kept(api: FakeApi, command: Command, source: str) -> None:
    started = time.monotonic()
    result = command("--source", source, "--rows", "9", "--rate", "50")
    assert result.exit_code == 0
    assert time.monotonic() - started >= 0.15  # 8 pauses of 20 ms
    assert len(api.stored_keys("pin")) == 9


def test_tables_may_hold_different_posts(api: FakeApi, command: Command, tmp_path: Path) -> None:
    url = write_source(tmp_path / "odd.db", [pin(1), pin(2), pin(2, "second")], [geo(1)], [user(3)])
    assert command("--source", url).exit_code == 0
    assert api.stored_keys("pin") == ["1", "2", "2"]
    assert api.stored_keys("geo") == ["1"]
    assert api.stored_keys("user") == ["3"]


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


def test_a_refused_record_is_a_failure(api: FakeApi, command: Command, source: str) -> None:
    api.script.append(message(422, "odd"))
    result = command("--source", source, "--batch-size", "5")
    assert result.exit_code == 1
    assert "5 pin refused: 422: odd" in result.output
    assert api.stored_keys("user") == [str(index) for index in range(10)]


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


def test_kinesis_gets_the_same_payload_under_the_same_key(
    api: FakeApi, command: Command, source: str
) -> None:
    result = command("--source", source, "--rows", "1", "--user-id", "me", "--to", "both")
    assert result.exit_code == 0, result.output
    [to_kafka], [to_kinesis] = api.of("pin"), api.of("pin", "kinesis")
    assert to_kinesis.path == "/prod/streams/streaming-me-pin/records"
    assert to_kinesis.payloads == to_kafka.payloads
    assert to_kinesis.keys == to_kafka.keys == ["0"]


def test_throttling_and_partial_failures_lose_nothing(
    api: FakeApi, command: Command, source: str
) -> None:
    throttled = "ProvisionedThroughputExceededException"
    api.script.extend([
        kinesis_error(throttled),
        put([throttled, None, "InternalFailure", None]),
        put([throttled, None]),
    ])
    result = command("--source", source, "--to", "kinesis", "--batch-size", "4")
    assert result.exit_code == 0, result.output
    assert [request.keys for request in api.of("pin", "kinesis")] == [
        ["0", "1", "2", "3"],
        ["0", "1", "2", "3"],
        ["0", "2"],
        ["0"],
        ["4", "5", "6", "7"],
        ["8", "9"],
    ]
    cells = [line.replace("│", " ").split() for line in result.output.splitlines()]
    assert ["kinesis", "pin", "10", "0", "10", "7", "0"] in cells
    assert ["kinesis", "geo", "10", "0", "10", "0", "0"] in cells


@pytest.mark.parametrize("to", ["kafka", "kinesis", "both"])
def test_random_posts_are_sent_one_by_one(
    api: FakeApi, command: Command, source: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.pacing.MAX_RANDOM_DELAY_SECONDS", 0.001)
    result = command("--source", source, "--random", "--rows", "6", "--seed", "5", "--to", to)
    assert result.exit_code == 0, result.output
    rng = random.Random(5)
    chosen = [str(rng.randint(0, 9)) for _ in range(6)]
    for destination in ("kafka", "kinesis"):
        of_it = [request for request in api.requests if request.destination == destination]
        if to in {destination, "both"}:
            assert api.stored_keys("pin", destination) == chosen
            assert [request.event for request in of_it] == ["pin", "geo", "user"] * 6
        else:
            assert of_it == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--forever"], "--forever needs --random"),
        (["--random"], "needs either --rows N or --forever"),
        (["--random", "--forever", "--rows", "3"], "needs either --rows N or --forever"),
        (["--random", "--rows", "3", "--resume"], "not --random"),
        (["--to", "both", "--user-id", "a" * 114], "1 to 113 letters"),
        (["--user-id", "_demo"], "1 to 113 letters"),
        (["--api", "nowhere"], "expected the API's base URL"),
    ],
)
def test_invalid_options(command: Command, source: str, options: list[str], message: str) -> None:
    result = command("--source", source, *options)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize("size", ["0", "501"])
def test_a_batch_size_out_of_bounds(command: Command, source: str, size: str) -> None:
    result = command("--source", source, "--batch-size", size)
    assert result.exit_code == 2


def test_a_missing_key_says_where_to_find_it(command: Command, source: str) -> None:
    del command.environment["PINTEREST_API_KEY"]
    result = command("--source", source)
    assert result.exit_code == 1
    assert ".local/stack/secrets.json" in result.output


def test_a_missing_source_says_how_to_create_one(command: Command, tmp_path: Path) -> None:
    result = command("--source", f"sqlite:///{tmp_path}/none.db")
    assert result.exit_code == 1
    assert ".venv/bin/python -m emulation.synthetic" in result.output


def test_the_default_source_is_created_once(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.synthetic.database.DEFAULT_POSTS", 40)
    path = tmp_path / "new" / "synthetic.db"
    assert command("--synthetic", str(path), "--rows", "3").exit_code == 0
    created = path.stat().st_mtime_ns
    assert command("--synthetic", str(path), "--rows", "3").exit_code == 0
    assert path.stat().st_mtime_ns == created
    assert api.stored_keys("pin") == ["0", "1", "2"] * 2


def test_more_rows_than_the_default_source_has_get_a_separate_file(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.synthetic.database.DEFAULT_POSTS", 40)
    result = command("--synthetic", str(tmp_path / "synthetic.db"), "--rows", "60")
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.glob("*.db")] == ["synthetic-60.db"]
    assert len(api.stored_keys("pin")) == 60


def test_random_posts_need_no_larger_source_than_the_default_one(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.synthetic.database.DEFAULT_POSTS", 40)
    synthetic = ("--synthetic", str(tmp_path / "synthetic.db"))
    result = command(*synthetic, "--random", "--rows", "60", "--rate", "10000")
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.glob("*.db")] == ["synthetic.db"]
    assert len(api.stored_keys("pin")) == 60
