"""The API key and the throttle."""

from __future__ import annotations

import pytest

from local.api_gateway.errors import INVALID_API_KEY, THROTTLED, GatewayResponseError
from local.api_gateway.usage_plan import TokenBucket, UsagePlan


@pytest.mark.parametrize(
    ("rate", "taken", "pause_seconds", "expected"),
    [
        (1, 0, 0, [True, True, False, False]),  # a burst at once
        (2, 2, 0.5, [True, False]),  # refilled at the rate
        (100, 0, 3600, [True, True, False]),  # a long pause saves at most a burst
    ],
)
def test_a_bucket_allows_a_burst_and_then_the_rate(
    rate: float, taken: int, pause_seconds: float, expected: list[bool]
) -> None:
    now = [100.0]
    bucket = TokenBucket(rate, burst=2, clock_seconds=lambda: now[0])
    for _ in range(taken):
        assert bucket.take()
    now[0] += pause_seconds

    assert [bucket.take() for _ in expected] == expected


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
