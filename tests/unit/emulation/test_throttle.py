"""The speed that a stream's own answers ask for."""

from __future__ import annotations

import pytest

from emulation.throttle import Throttle
from tests.unit.emulation.waits import Waits


@pytest.fixture
def throttle() -> Throttle:
    return Throttle()


@pytest.mark.usefixtures("clock")
def test_nothing_is_held_back_before_the_first_shortage(throttle: Throttle) -> None:
    waits = Waits()
    for _ in range(100):
        throttle.wait(500, waits)
    assert waits.seconds == []


@pytest.mark.usefixtures("clock")
def test_half_of_what_was_sent_in_the_second_before_is_sent_in_the_next(
    throttle: Throttle,
) -> None:
    waits = Waits()
    for _ in range(4):
        throttle.wait(500, waits)
    throttle.slow_down()
    for _ in range(3):
        throttle.wait(500, waits)
    assert waits.seconds == pytest.approx([0.5, 1.0])


@pytest.mark.usefixtures("clock")
def test_connections_that_hear_of_the_same_shortage_slow_down_once(throttle: Throttle) -> None:
    waits = Waits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    throttle.slow_down()
    throttle.wait(1000, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


def test_each_second_without_a_shortage_allows_a_hundred_records_more(
    throttle: Throttle, clock: list[float]
) -> None:
    waits = Waits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    clock[0] += 5
    throttle.wait(1500, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


def test_a_second_shortage_halves_again(throttle: Throttle, clock: list[float]) -> None:
    waits = Waits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    clock[0] += 1
    throttle.wait(400, waits)
    clock[0] += 0.5
    throttle.slow_down()
    throttle.wait(100, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([0.5])


def test_what_was_sent_long_ago_does_not_count(throttle: Throttle, clock: list[float]) -> None:
    waits = Waits()
    throttle.wait(9000, waits)
    clock[0] += 60
    throttle.wait(400, waits)
    throttle.slow_down()
    throttle.wait(200, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


@pytest.mark.usefixtures("clock")
def test_a_full_batch_is_held_back_for_ten_seconds_at_most(throttle: Throttle) -> None:
    waits = Waits()
    throttle.wait(1, waits)
    throttle.slow_down()
    throttle.wait(500, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([10.0])


def test_what_is_still_held_back_does_not_count_as_sent(
    throttle: Throttle, clock: list[float]
) -> None:
    waits = Waits()
    throttle.slow_down()
    throttle.wait(500, waits)
    throttle.wait(500, waits)
    clock[0] += 1
    throttle.slow_down()
    clock[0] += 30
    throttle.wait(3250, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([10.0, 1.0])
