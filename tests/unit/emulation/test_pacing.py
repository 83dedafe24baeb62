"""How fast posts are sent."""

from __future__ import annotations

import math
import random

import pytest

from emulation.pacing import FixedRate, RandomDelay, Throttle, batch_posts
from tests.support.pin_sender import RecordedWaits


def test_an_unlimited_pace_never_waits() -> None:
    waits, pace = RecordedWaits(), FixedRate(math.inf)
    for _ in range(3):
        pace.wait(waits)
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
    [
        (math.inf, 500, 1, 500),
        (10_000, 500, 1, 500),
        (10, 500, 1, 10),
        (10, 500, 4, 3),
        (0.1, 500, 1, 1),
        (10, 5, 1, 5),
    ],
)
def test_a_low_rate_gives_small_batches(
    rate: float, wanted: int, connections: int, expected: int
) -> None:
    assert batch_posts(wanted, rate, connections) == expected


def test_a_random_delay_is_up_to_two_seconds() -> None:
    waits, pace = RecordedWaits(), RandomDelay(random.Random(3))
    for _ in range(200):
        pace.wait(waits)
    assert len(waits.seconds) == 200
    assert 0 <= min(waits.seconds) < 0.2
    assert 1.8 < max(waits.seconds) <= 2


SLOW = "slow down"


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        # Each number of records is sent; text is a throttled answer or the seconds that pass.
        pytest.param([500] * 100, [], id="nothing waits before the first throttled answer"),
        pytest.param([500] * 4 + [SLOW] + [500] * 3, [0.5, 1.0], id="the rate is halved"),
        pytest.param([2000, SLOW, SLOW, 1000, 1], [1.0], id="connections slow down once"),
        pytest.param([2000, SLOW, "5", 1500, 1], [1.0], id="100 more records each second"),
        pytest.param([2000, SLOW, "1", 400, "0.5", SLOW, 100, 1], [0.5], id="halved again"),
        pytest.param([9000, "60", 400, SLOW, 200, 1], [1.0], id="old records do not count"),
        pytest.param([1, SLOW, 500, 1], [10.0], id="a full batch waits 10 seconds at most"),
        pytest.param(
            [SLOW, 500, 500, "1", SLOW, "30", 3250, 1],
            [10.0, 1.0],
            id="records that still wait do not count as sent",
        ),
    ],
)
def test_throttled_answers_limit_the_rate(
    clock: list[float], steps: list[int | str], waits: list[float]
) -> None:
    throttle, recorded = Throttle(), RecordedWaits()
    for step in steps:
        if isinstance(step, int):
            throttle.wait(step, recorded)
        elif step == SLOW:
            throttle.slow_down()
        else:
            clock[0] += float(step)
    assert recorded.seconds == pytest.approx(waits)
