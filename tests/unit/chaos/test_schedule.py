"""The schedule of a chaos run."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.schedule import schedule

KINDS = {"kill": (("broker", "spark"), 5.0), "latency": (("a to b",), 20.0)}


def test_the_seed_determines_the_faults() -> None:
    assert schedule(1, 600, KINDS) == schedule(1, 600, KINDS)
    assert schedule(1, 600, KINDS) != schedule(2, 600, KINDS)


@given(st.integers(min_value=0, max_value=10_000))
def test_faults_end_in_time_and_those_of_one_target_never_overlap(seed: int) -> None:
    faults = schedule(seed, 300, KINDS)
    assert faults
    assert faults == sorted(faults, key=lambda fault: fault.at)
    for fault in faults:
        targets, longest = KINDS[fault.kind]
        assert fault.target in targets
        assert 0 < fault.seconds <= longest
        assert fault.at + fault.seconds <= 300.1
    for one, next_one in combinations(faults, 2):
        assert one.target != next_one.target or one.at + one.seconds < next_one.at
