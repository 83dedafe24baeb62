"""The emulator's command: interrupted, failed and resumed runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulator_command import Command
from tests.support.fake_api import (
    Answer,
    FakeApi,
    Request,
    all_stored,
    message,
    outcomes,
)
from tests.support.sources import write_many_posts, write_posts


def test_resume_begins_after_the_last_acknowledged_post(
    api: FakeApi, command: Command, source: str
) -> None:
    api.script.extend([all_stored] * 6)
    api.always = message(403, "Forbidden")
    first = command("--source", source, "--batch-size", "2")
    assert first.exit_code == 1
    assert "Every post up to index 3 is acknowledged" in first.output
    assert "does not accept this key" in first.output
    api.requests.clear()
    api.always = all_stored
    second = command("--source", source, "--batch-size", "2", "--resume")
    assert second.exit_code == 0, second.output
    assert api.stored_keys("pin") == ["4", "5", "6", "7", "8", "9"]


@pytest.mark.parametrize("to", ["kafka", "kinesis", "both"])
def test_a_run_that_stores_nothing_keeps_the_last_resume_point(
    api: FakeApi, command: Command, source: str, to: str
) -> None:
    assert command("--source", source, "--rows", "6", "--to", to).exit_code == 0
    api.always = message(403, "Forbidden")
    result = command("--source", source, "--to", to)
    assert result.exit_code == 1
    assert "No post was acknowledged." in result.output
    assert "--resume" not in result.output
    assert "Delivery results" not in result.output
    api.requests.clear()
    api.always = all_stored
    assert command("--source", source, "--to", to, "--resume").exit_code == 0
    for destination in {"kafka", "kinesis"} if to == "both" else {to}:
        assert api.stored_keys("pin", destination) == ["6", "7", "8", "9"]


def test_a_run_that_stores_nothing_leaves_no_resume_point(
    api: FakeApi, command: Command, source: str, tmp_path: Path
) -> None:
    api.script.extend([all_stored, message(404, "Topic nobody.geo not found.")])
    result = command("--source", source, "--user-id", "nobody")
    assert result.exit_code == 1
    assert "kafka: No post was acknowledged." in result.output
    assert not (tmp_path / "state").exists()


def test_a_first_post_that_is_refused_is_sent_again_by_resume(
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


def test_a_resume_point_that_cannot_be_saved_ends_the_run_with_its_table(
    api: FakeApi, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.run.SAVE_SECONDS", 0.3)

    (tmp_path / "state").touch()
    url = write_posts(tmp_path / "many.db", range(2000))
    result = command("--source", url, "--batch-size", "1", "--rate", "100")
    assert result.exit_code == 1
    assert "Delivery results" in result.output
    assert "cannot be written" in result.output
    assert "--resume" not in result.output
    assert 0 < len(api.stored_keys("pin")) < 2000


def test_a_source_that_fails_in_mid_run_leaves_the_table_and_the_resume_point(
    api: FakeApi, command: Command, tmp_path: Path
) -> None:
    url = write_many_posts(tmp_path / "many.db", 12_000)

    def break_the_source(request: Request) -> Answer:
        (tmp_path / "many.db").write_bytes(b"no database")
        return all_stored(request)

    api.script.extend([all_stored, all_stored, all_stored, break_the_source])
    result = command("--source", url)
    assert result.exit_code == 1
    assert "Delivery results" in result.output
    assert "Run the same command with --resume to continue." in result.output
    assert "many.db fails: " in result.output


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


def test_without_resume_a_run_begins_with_the_first_post(
    api: FakeApi, command: Command, source: str
) -> None:
    command("--source", source)
    api.requests.clear()
    command("--source", source)
    assert len(api.stored_keys("pin")) == 10


@pytest.fixture
def _process_survives_sigterm() -> Iterator[None]:
    handler = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("_process_survives_sigterm")
def test_sigterm_ends_the_run_cleanly_and_it_resumes(
    api: FakeApi, command: Command, tmp_path: Path
) -> None:
    url = write_posts(tmp_path / "many.db", range(400))

    def terminate_at_the_seventh(request: Request) -> Answer:
        if len(api.requests) == 7:  # two batches are stored
            os.kill(os.getpid(), signal.SIGTERM)
        return all_stored(request)

    api.always = terminate_at_the_seventh
    options = ("--source", url, "--batch-size", "10")
    result = command(*options)
    assert result.exit_code == 130, result.output
    assert "Run the same command with --resume to continue." in result.output
    assert len(api.stored_keys("user")) < 400
    assert command(*options, "--resume").exit_code == 0
    assert set(map(int, api.stored_keys("user"))) == set(range(400))
