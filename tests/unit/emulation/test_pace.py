"""How fast posts are sent."""

from __future__ import annotations

import random

import pytest

from emulation.pace import FullSpeed, HumanPace, SteadyPace
from tests.unit.emulation.waits import Waits


def test_full_speed_never_waits() -> None:
    waits = Waits()
    FullSpeed().wait(waits)
    assert waits.seconds == []


@pytest.mark.usefixtures("clock")
def test_a_steady_pace_keeps_posts_apart() -> None:
    waits, pace = Waits(), SteadyPace(4.0)
    for _ in range(3):
        pace.wait(waits)
    assert waits.seconds == pytest.approx([0.25, 0.5])


def test_a_steady_pace_does_not_make_up_for_a_long_delay(clock: list[float]) -> None:
    waits, pace = Waits(), SteadyPace(2.0)
    clock[0] += 60
    for _ in range(4):
        pace.wait(waits)
    assert waits.seconds == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("rate", "wanted", "lanes", "expected"),
    [(10_000, 500, 1, 500), (10, 500, 1, 10), (10, 500, 4, 3), (0.1, 500, 1, 1), (10, 5, 1, 5)],
)
def test_a_slow_pace_makes_small_batches(
    rate: float, wanted: int, lanes: int, expected: int
) -> None:
    assert SteadyPace(rate).batch_posts(wanted, lanes) == expected


def test_a_person_pauses_up_to_two_seconds() -> None:
    waits, pace = Waits(), HumanPace(random.Random(3))
    for _ in range(200):
        pace.wait(waits)
    assert len(waits.seconds) == 200
    assert 0 <= min(waits.seconds) < 0.2
    assert 1.8 < max(waits.seconds) <= 2


def test_a_person_posts_one_by_one() -> None:
    assert HumanPace(random.Random(3)).batch_posts(500, 1) == 1
