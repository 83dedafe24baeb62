"""The command, as a person runs it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from emulation.command import app
from tests.unit.emulation.fake_api import (
    Answer,
    FakeApi,
    Request,
    all_stored,
    kinesis_error,
    message,
    outcomes,
    put,
)
from tests.unit.emulation.sources import geo, pin, user, write_posts, write_source

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environment(api: FakeApi, tmp_path: Path) -> dict[str, str]:
    return {
        "PINTEREST_API": api.url,
        "PINTEREST_API_KEY": "the-key",
        "PINTEREST_EMULATOR_STATE": str(tmp_path / "state"),
    }


class Command:
    """Runs the command in this process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *options: str) -> Result:
        return CliRunner().invoke(app, options, env=self.environment)


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    return Command(environment)


@pytest.fixture
def source(tmp_path: Path) -> str:
    return write_posts(tmp_path / "posts.db", range(10))


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


def test_a_source_with_its_password_may_come_by_the_environment(
    api: FakeApi, command: Command, source: str
) -> None:
    command.environment["PINTEREST_SOURCE"] = source
    assert command().exit_code == 0
    assert len(api.stored_keys("pin")) == 10


def test_a_rate_is_kept(api: FakeApi, command: Command, source: str) -> None:
    began = time.monotonic()
    result = command("--source", source, "--rows", "9", "--rate", "10")
    assert result.exit_code == 0
    assert time.monotonic() - began >= 0.8  # 8 pauses of a tenth of a second
    assert len(api.stored_keys("pin")) == 9


def test_tables_may_hold_different_posts(api: FakeApi, command: Command, tmp_path: Path) -> None:
    url = write_source(tmp_path / "odd.db", [pin(1), pin(2), pin(2, "second")], [geo(1)], [user(3)])
    assert command("--source", url).exit_code == 0
    assert api.stored_keys("pin") == ["1", "2", "2"]
    assert api.stored_keys("geo") == ["1"]
    assert api.stored_keys("user") == ["3"]


def test_figures_are_written(command: Command, source: str, tmp_path: Path) -> None:
    command("--source", source, "--summary-json", str(tmp_path / "figures.json"))
    assert json.loads((tmp_path / "figures.json").read_text())["pin"] == {
        "rows_in_source": 10,
        "acknowledged_before": 0,
        "acknowledged": 10,
        "retried": 0,
        "refused": 0,
    }


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


def test_resume_goes_on_after_the_last_acknowledged_post(
    api: FakeApi, command: Command, source: str
) -> None:
    api.script.extend([all_stored] * 6)
    api.always = message(403, "Forbidden")
    first = command("--source", source, "--batch-size", "2")
    assert first.exit_code == 1
    assert "Every post up to index 3 is acknowledged" in first.output
    assert "does not take this key" in first.output
    api.requests.clear()
    api.always = all_stored
    again = command("--source", source, "--batch-size", "2", "--resume")
    assert again.exit_code == 0, again.output
    assert api.stored_keys("pin") == ["4", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize("to", ["kafka", "kinesis", "both"])
def test_a_run_that_stores_nothing_leaves_the_point_of_the_last_one(
    api: FakeApi, command: Command, source: str, to: str
) -> None:
    assert command("--source", source, "--rows", "6", "--to", to).exit_code == 0
    api.always = message(403, "Forbidden")
    result = command("--source", source, "--to", to)
    assert result.exit_code == 1
    assert "No post was acknowledged." in result.output
    assert "--resume" not in result.output
    assert "What became of the records" not in result.output
    api.requests.clear()
    api.always = all_stored
    assert command("--source", source, "--to", to, "--resume").exit_code == 0
    for destination in {"kafka", "kinesis"} if to == "both" else {to}:
        assert api.stored_keys("pin", destination) == ["6", "7", "8", "9"]


def test_a_run_that_stores_nothing_leaves_no_point(
    api: FakeApi, command: Command, source: str, tmp_path: Path
) -> None:
    api.script.extend([all_stored, message(404, "Topic nobody.geo not found.")])
    result = command("--source", source, "--user-id", "nobody")
    assert result.exit_code == 1
    assert "kafka: No post was acknowledged." in result.output
    assert not (tmp_path / "state").exists()


def test_a_first_post_that_is_refused_is_tried_again(
    api: FakeApi, command: Command, source: str
) -> None:
    command("--source", source)
    api.script.append(outcomes([50002] + [None] * 9))
    result = command("--source", source)
    assert result.exit_code == 1
    assert "Not all of the first posts are acknowledged" in result.output
    api.requests.clear()
    assert command("--source", source, "--resume").exit_code == 0
    assert api.stored_keys("pin") == [str(index) for index in range(10)]


def test_a_resume_point_that_cannot_be_kept_ends_the_run_with_its_table(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.emulate.SAVE_SECONDS", 0.3)

    (tmp_path / "state").touch()
    url = write_posts(tmp_path / "many.db", range(2000))
    result = command("--source", url, "--batch-size", "1", "--rate", "100")
    assert result.exit_code == 1
    assert "What became of the records" in result.output
    assert "cannot be written" in result.output
    assert "--resume" not in result.output
    assert 0 < len(api.stored_keys("pin")) < 2000


def test_a_source_that_fails_in_mid_run_leaves_the_table_and_the_resume_point(
    api: FakeApi, command: Command, tmp_path: Path
) -> None:
    url = write_posts(tmp_path / "many.db", range(12_000))

    def break_the_source(request: Request) -> Answer:
        (tmp_path / "many.db").write_bytes(b"no database")
        return all_stored(request)

    api.script.extend([all_stored, all_stored, all_stored, break_the_source])
    result = command("--source", url)
    assert result.exit_code == 1
    assert "What became of the records" in result.output
    assert "The same command with --resume goes on from there." in result.output
    assert "many.db fails: " in result.output


def test_resume_after_a_whole_run_sends_nothing(
    api: FakeApi, command: Command, source: str
) -> None:
    command("--source", source)
    api.requests.clear()
    assert command("--source", source, "--resume").exit_code == 0
    assert api.requests == []


def test_resume_with_fewer_rows_than_were_sent_sends_nothing(
    api: FakeApi, command: Command, source: str
) -> None:
    command("--source", source)
    api.requests.clear()
    result = command("--source", source, "--rows", "4", "--resume")
    assert result.exit_code == 0, result.output
    assert api.requests == []
    assert command("--source", source, "--resume").exit_code == 0
    assert api.requests == []


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


def test_the_figures_name_the_destination_where_there_are_two(
    command: Command, source: str, tmp_path: Path
) -> None:
    command("--source", source, "--to", "both", "--summary-json", str(tmp_path / "figures.json"))
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["kafka"] == figures["kinesis"]
    assert figures["kinesis"]["geo"]["acknowledged"] == 10


def test_a_record_that_one_destination_refuses_fails_the_run(
    api: FakeApi, command: Command, source: str
) -> None:
    too_long = kinesis_error("InvalidArgumentException")
    api.always = lambda request: (
        too_long if not request.to_kafka and "7" in request.keys else all_stored(request)
    )
    result = command("--source", source, "--to", "both")
    assert result.exit_code == 1
    assert "kinesis: 1 pin refused: 400: InvalidArgumentException: told to fail" in result.output
    assert set(api.stored_keys("user", "kinesis")) == {str(index) for index in range(10)}


def test_each_destination_is_resumed_from_its_own_point(
    api: FakeApi, command: Command, source: str
) -> None:
    options = ("--source", source, "--batch-size", "2")
    assert command(*options, "--to", "kafka", "--rows", "6").exit_code == 0
    assert command(*options, "--to", "kinesis", "--rows", "2").exit_code == 0
    api.requests.clear()
    result = command(*options, "--to", "both", "--resume")
    assert result.exit_code == 0, result.output
    assert api.stored_keys("pin") == ["6", "7", "8", "9"]
    assert api.stored_keys("pin", "kinesis") == ["2", "3", "4", "5", "6", "7", "8", "9"]
    cells = [line.replace("│", " ").split() for line in result.output.splitlines()]
    assert ["kafka", "pin", "10", "6", "4", "0", "0"] in cells
    assert ["kinesis", "pin", "10", "2", "8", "0", "0"] in cells
    api.requests.clear()
    assert command(*options, "--to", "kinesis", "--resume").exit_code == 0
    assert api.requests == []


def test_a_run_to_one_destination_leaves_the_point_of_the_other(
    api: FakeApi, command: Command, source: str
) -> None:
    command("--source", source, "--to", "both")
    command("--source", source, "--to", "kinesis", "--rows", "3")
    api.requests.clear()
    command("--source", source, "--to", "both", "--resume")
    assert api.of("pin") == []
    assert api.stored_keys("pin", "kinesis") == [str(index) for index in range(3, 10)]


def test_without_resume_a_run_begins_anew(api: FakeApi, command: Command, source: str) -> None:
    command("--source", source)
    api.requests.clear()
    command("--source", source)
    assert len(api.stored_keys("pin")) == 10


@pytest.mark.parametrize("to", ["kafka", "kinesis", "both"])
def test_random_posts_are_sent_one_by_one(
    api: FakeApi, command: Command, source: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.pace.LONGEST_HUMAN_PAUSE_SECONDS", 0.001)
    result = command("--source", source, "--random", "--rows", "6", "--seed", "5", "--to", to)
    assert result.exit_code == 0, result.output
    chance = random.Random(5)
    chosen = [str(chance.randint(0, 9)) for _ in range(6)]
    for destination in ("kafka", "kinesis"):
        of_it = [request for request in api.requests if request.destination == destination]
        if to in {destination, "both"}:
            assert api.stored_keys("pin", destination) == chosen
            assert [request.event for request in of_it] == ["pin", "geo", "user"] * 6
        else:
            assert of_it == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--forever"], "--forever goes with --random"),
        (["--random"], "needs either --rows N or --forever"),
        (["--random", "--forever", "--rows", "3"], "needs either --rows N or --forever"),
        (["--random", "--rows", "3", "--resume"], "not with --random"),
        (["--to", "both", "--user-id", "a" * 114], "1 to 113 letters"),
        (["--user-id", "_demo"], "1 to 113 letters"),
        (["--api", "nowhere"], "expected the API's base URL"),
    ],
)
def test_options_that_do_not_go_together(
    command: Command, source: str, options: list[str], words: str
) -> None:
    result = command("--source", source, *options)
    assert result.exit_code == 1
    assert words in " ".join(result.output.split())


@pytest.mark.parametrize("size", ["0", "501"])
def test_a_batch_size_out_of_bounds(command: Command, source: str, size: str) -> None:
    result = command("--source", source, "--batch-size", size)
    assert result.exit_code == 2


def test_no_key_says_where_it_is(command: Command, source: str) -> None:
    del command.environment["PINTEREST_API_KEY"]
    result = command("--source", source)
    assert result.exit_code == 1
    assert ".local/stack/secrets.json" in result.output


def test_a_missing_source_says_how_to_make_one(command: Command, tmp_path: Path) -> None:
    result = command("--source", f"sqlite:///{tmp_path}/none.db")
    assert result.exit_code == 1
    assert ".venv/bin/python -m emulation.synthetic" in result.output


def test_the_default_source_is_made_once(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.synthetic.database.DEFAULT_POSTS", 40)
    path = tmp_path / "new" / "synthetic.db"
    assert command("--synthetic", str(path), "--rows", "3").exit_code == 0
    made = path.stat().st_mtime_ns
    assert command("--synthetic", str(path), "--rows", "3").exit_code == 0
    assert path.stat().st_mtime_ns == made
    assert api.stored_keys("pin") == ["0", "1", "2"] * 2


def test_more_rows_than_the_default_source_has_get_a_file_of_their_own(
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


@pytest.mark.parametrize(
    ("number", "to"),
    [(signal.SIGINT, "kafka"), (signal.SIGTERM, "kafka"), (signal.SIGINT, "both")],
)
def test_a_signal_ends_the_run_in_good_order(
    api: FakeApi, environment: dict[str, str], tmp_path: Path, number: signal.Signals, to: str
) -> None:
    url = write_posts(tmp_path / "many.db", range(2000))
    stored, signalled = threading.Event(), threading.Event()

    def hold_the_seventh(request: Request) -> Answer:
        if len(api.requests) == 7:  # so one destination at least has stored a batch: three of six
            stored.set()
            signalled.wait(30)
        return all_stored(request)

    api.always = hold_the_seventh
    options = ("--source", url, "--batch-size", "10", "--to", to)
    process = subprocess.Popen(
        [sys.executable, "user_posting_emulation.py", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert stored.wait(60)
    process.send_signal(number)
    api.always = all_stored
    signalled.set()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "What became of the records" in output
    assert "The same command with --resume goes on from there." in output
    before = len(api.stored_keys("user"))
    assert before < 2000
    assert Command(environment)(*options, "--resume").exit_code == 0
    for destination in ("kafka", "kinesis") if to == "both" else (to,):
        keys = set(map(int, api.stored_keys("user", destination)))
        assert keys == set(range(2000))


def test_the_command_stands_at_the_root_of_the_checkout() -> None:
    done = subprocess.run(
        [sys.executable, "user_posting_emulation.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--summary-json" in done.stdout
