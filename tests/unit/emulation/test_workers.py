"""What one run sends to one destination, and what stops it."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from emulation.api import ApiClientConfig
from emulation.destinations import KinesisDestination
from emulation.payloads import Refusal
from emulation.posts import PostRange
from emulation.resume import ResumePoint
from emulation.workers import DestinationRun, StopSignal, run_periodically, stop_on_signals

RANGE = PostRange(
    first=0,
    resume_after=5,
    last=9,
    posts=4,
    rows={"pin": 10, "geo": 10, "user": 11},
    rows_before={"pin": 6, "geo": 6, "user": 6},
    refusals=[Refusal("user", None, "no index")],
)


@pytest.fixture
def point(tmp_path: Path) -> ResumePoint:
    return ResumePoint(tmp_path, "sqlite:///a.db", "http://a", "kinesis:demo")


@pytest.fixture
def run(point: ResumePoint) -> DestinationRun:
    config = ApiClientConfig(url="http://a", api_key="key")
    return DestinationRun(config, KinesisDestination("demo"), 5, RANGE, point)


def test_no_resume_point_is_saved_if_every_record_was_refused(
    run: DestinationRun, point: ResumePoint
) -> None:
    run.counters.refused("pin", 2, "422: odd")
    run.counters.posts_settled(2)
    run.save_resume_point()
    assert point.load() is None


def test_posts_that_an_earlier_run_sent_are_done(run: DestinationRun) -> None:
    run.counters.posts_settled(3)
    assert run.posts_done(total=10) == 9


def test_a_task_runs_while_the_block_runs_and_once_at_the_end() -> None:
    calls: list[str] = []
    called, stop = threading.Event(), StopSignal()

    def task() -> None:
        calls.append("call")
        called.set()

    with run_periodically(task, stop, 0.001):
        assert called.wait(30)
    assert len(calls) >= 2
    assert not stop.is_set()


def test_a_task_that_fails_stops_the_run_and_is_not_called_again() -> None:
    calls: list[str] = []
    stop = StopSignal()

    def task() -> None:
        calls.append("call")
        raise OSError("disk full")

    with run_periodically(task, stop, 0.001):
        assert stop.wait(30)
    assert str(stop.error) == "disk full"
    assert calls == ["call"]


def test_the_first_error_is_kept() -> None:
    stop = StopSignal()
    stop.fail(OSError("first"))
    stop.fail(OSError("second"))
    assert str(stop.error) == "first"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_the_run_and_restores_the_handlers(number: signal.Signals) -> None:
    stop = StopSignal()
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    with stop_on_signals(stop):
        signal.raise_signal(number)
        assert stop.is_set()
        assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert stop.interrupted
