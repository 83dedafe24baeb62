"""The API key and the throttle."""

from __future__ import annotations

import pytest

from local.api_gateway.errors import INVALID_API_KEY, THROTTLED, GatewayResponseError
from local.api_gateway.usage_plan import TokenBucket, UsagePlan


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_is_allowed_at_once() -> None:
    bucket = TokenBucket(rate=1, burst=3, clock_seconds=Clock())

    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]


def test_tokens_are_refilled_at_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=2, burst=2, clock_seconds=clock)
    assert bucket.take()
    assert bucket.take()
    clock.seconds += 0.5

    assert [bucket.take() for _ in range(2)] == [True, False]


def test_a_long_pause_saves_at_most_a_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=100, burst=2, clock_seconds=clock)
    clock.seconds += 3600

    assert [bucket.take() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("key", [None, "", "wrong", "key\udcff"])
def test_only_the_key_of_the_plan_is_admitted(key: str | None) -> None:
    plan = UsagePlan("the key of the plan", TokenBucket(rate=1, burst=1))

    with pytest.raises(GatewayResponseError) as raised:
        plan.admit(key)

    assert raised.value.response is INVALID_API_KEY


def test_a_wrong_key_takes_no_token() -> None:
    plan = UsagePlan("right", TokenBucket(rate=1e-9, burst=1))
    with pytest.raises(GatewayResponseError):
        plan.admit("wrong")

    plan.admit("right")

    with pytest.raises(GatewayResponseError) as raised:
        plan.admit("right")
    assert raised.value.response is THROTTLED
