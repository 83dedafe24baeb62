"""What goes on while something else does."""

from __future__ import annotations

import threading

from emulation.ticking import ticking


def test_ticking_ticks_while_the_block_runs_and_once_more_at_its_end() -> None:
    ticks: list[str] = []
    came = threading.Event()

    def tick() -> None:
        ticks.append("tick")
        came.set()

    failures: list[Exception] = []
    with ticking(tick, failures.append, 0.001):
        assert came.wait(30)
    assert len(ticks) >= 2
    assert failures == []


def test_a_tick_that_fails_is_told_and_is_the_last_one() -> None:
    failures: list[Exception] = []
    told = threading.Event()

    def tick() -> None:
        raise OSError("disk full")

    def fail(error: Exception) -> None:
        failures.append(error)
        told.set()

    with ticking(tick, fail, 0.001):
        assert told.wait(30)
    assert [str(error) for error in failures] == ["disk full"]
