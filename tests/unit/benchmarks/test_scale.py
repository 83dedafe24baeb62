"""Growth: what one more post costs, late ÷ early."""

from __future__ import annotations

import math

import pytest

from benchmarks.scale import growth


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({10: 21.0, 100: 30.0, 1000: 120.0}, 1.0),  # 20 s for every run, 0.1 s a post
        ({10: 21.0, 100: 30.0, 1000: 210.0}, 2.0),  # though the time per post falls
        ({10: 21.0, 100: 20.0, 1000: 120.0}, math.inf),
        ({10: 21.0, 100: 21.0, 1000: 120.0}, math.inf),
    ],
)
def test_growth(seconds: dict[int, float], expected: float) -> None:
    assert growth(seconds) == pytest.approx(expected)
