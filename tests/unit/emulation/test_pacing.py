"""How fast posts are sent."""

from __future__ import annotations

import random

import pytest

from emulation.pacing import FixedRate, RandomDelay, Throttle, Unlimited
from tests.support.pin_sender import RecordedWaits


def test_an_unlimited_pace_never_waits() -> None:
    waits = RecordedWaits()
    Unlimited().wait(waits)
    assert waits.seconds == []


@pytest.mark.usefixtures("clock")
def test_a_fixed_rate_keeps_posts_apart() -> None:
    waits, pace = RecordedWaits(), FixedRate(4.0)
    for _ in range(3):
        pace.wait(waits)
    assert waits.seconds == pytest.approx([0.25, 0.5])


def test_a_fixed_rate_does_not_make_up_for_a_long_delay(clock: list[float]) -> None:
    waits, pace = RecordedWaits(), FixedRate(2.0)
    clock[0] += 60
    for _ in range(4):
        pace.wait(waits)
    assert waits.seconds == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("rate", "wanted", "connections", "expected"),
    [(10_000, 500, 1, 500), (10, 500, 1, 10), (10, 500, 4, 3), (0.1, 500, 1, 1), (10, 5, 1, 5)],
)
def test_a_low_rate_gives_small_batches(
    rate: float, wanted: int, connections: int, expected: int
) -> None:
    assert FixedRate(rate).batch_posts(wanted, connections) == expected


def test_a_random_delay_is_up_to_two_seconds() -> None:
    waits, pace = RecordedWaits(), RandomDelay(random.Random(3))
    for _ in range(200):
        pace.wait(waits)
    assert len(waits.seconds) == 200
    assert 0 <= min(waits.seconds) < 0.2
    assert 1.8 < max(waits.seconds) <= 2


def test_random_posts_are_sent_one_by_one() -> None:
    assert RandomDelay(random.Random(3)).batch_posts(500, 1) == 1


@pytest.fixture
def throttle() -> Throttle:
    return Throttle()


@pytest.mark.usefixtures("clock")
def test_nothing_waits_before_the_first_throttled_answer(throttle: Throttle) -> None:
    waits = RecordedWaits()
    for _ in range(100):
        throttle.wait(500, waits)
    assert waits.seconds == []


@pytest.mark.usefixtures("clock")
def test_half_of_what_was_sent_in_the_second_before_is_sent_in_the_next(
    throttle: Throttle,
) -> None:
    waits = RecordedWaits()
    for _ in range(4):
        throttle.wait(500, waits)
    throttle.slow_down()
    for _ in range(3):
        throttle.wait(500, waits)
    assert waits.seconds == pytest.approx([0.5, 1.0])


@pytest.mark.usefixtures("clock")
def test_connections_with_the_same_shortage_slow_down_once(throttle: Throttle) -> None:
    waits = RecordedWaits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    throttle.slow_down()
    throttle.wait(1000, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


def test_each_second_without_a_shortage_allows_a_hundred_records_more(
    throttle: Throttle, clock: list[float]
) -> None:
    waits = RecordedWaits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    clock[0] += 5
    throttle.wait(1500, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


def test_a_second_shortage_halves_again(throttle: Throttle, clock: list[float]) -> None:
    waits = RecordedWaits()
    throttle.wait(2000, waits)
    throttle.slow_down()
    clock[0] += 1
    throttle.wait(400, waits)
    clock[0] += 0.5
    throttle.slow_down()
    throttle.wait(100, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([0.5])


def test_records_sent_long_ago_do_not_count(throttle: Throttle, clock: list[float]) -> None:
    waits = RecordedWaits()
    throttle.wait(9000, waits)
    clock[0] += 60
    throttle.wait(400, waits)
    throttle.slow_down()
    throttle.wait(200, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([1.0])


@pytest.mark.usefixtures("clock")
def test_a_full_batch_waits_for_ten_seconds_at_most(throttle: Throttle) -> None:
    waits = RecordedWaits()
    throttle.wait(1, waits)
    throttle.slow_down()
    throttle.wait(500, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([10.0])


def test_records_that_still_wait_do_not_count_as_sent(
    throttle: Throttle, clock: list[float]
) -> None:
    waits = RecordedWaits()
    throttle.slow_down()
    throttle.wait(500, waits)
    throttle.wait(500, waits)
    clock[0] += 1
    throttle.slow_down()
    clock[0] += 30
    throttle.wait(3250, waits)
    throttle.wait(1, waits)
    assert waits.seconds == pytest.approx([10.0, 1.0])
