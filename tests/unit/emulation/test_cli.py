"""The emulator's command: its options, what it sends, and what it prints."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.support.emulator_command import Command
from tests.support.fake_api import (
    FakeApi,
    kinesis_error,
    message,
    put,
)
from tests.support.sources import geo, pin, user, write_source


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


def test_a_refused_record_is_a_failure(api: FakeApi, command: Command, source: str) -> None:
    api.script.append(message(422, "odd"))
    result = command("--source", source, "--batch-size", "5")
    assert result.exit_code == 1
    assert "5 pin refused: 422: odd" in result.output
    assert api.stored_keys("user") == [str(index) for index in range(10)]


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
