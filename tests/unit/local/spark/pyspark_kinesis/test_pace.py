"""How fast one shard is read."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.pace import Pace


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("megabytes", "size", "seconds"),
    [(None, 9_000_000, 0.2), (2.0, 100, 0.2), (2.0, 1_000_000, 0.5)],
)
def test_the_next_call_waits_for_the_period_and_for_the_rate(
    megabytes: float | None, size: int, seconds: float
) -> None:
    clock = Clock()
    pace = Pace(0.2, megabytes, sleep=clock.sleep, clock=lambda: clock.now)
    pace.wait()
    assert clock.now == 100.0  # the first call does not wait
    pace.fetched(size)
    pace.wait()
    assert clock.now == pytest.approx(100.0 + seconds)


def test_a_late_call_does_not_wait() -> None:
    clock = Clock()
    pace = Pace(0.2, None, sleep=clock.sleep, clock=lambda: clock.now)
    pace.wait()
    pace.fetched(1)
    clock.now += 5
    pace.wait()
    assert clock.now == 105.0
