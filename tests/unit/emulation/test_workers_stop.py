"""Stopping a run, and what runs until it stops."""

from __future__ import annotations

import signal
import threading

import pytest

from emulation.workers import StopSignal, run_periodically, stop_on_signals


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
