"""Who may call, and how often: an API key with the throttle of its usage plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import compare_digest

from local.api_gateway.gateway_responses import INVALID_API_KEY, THROTTLED, GatewayResponseError

__all__ = ["TokenBucket", "UsagePlan"]


class TokenBucket:
    """Lets `rate` requests per second through on average, and `burst` at once."""

    def __init__(
        self, rate: float, burst: int, clock_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock_seconds = clock_seconds
        self._tokens = float(burst)
        self._filled_at = clock_seconds()

    def take(self) -> bool:
        """Take one token.

        Returns:
            False when there is none.
        """
        now = self._clock_seconds()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class UsagePlan:
    """One API key and its throttle."""

    def __init__(self, api_key: str, bucket: TokenBucket) -> None:
        self._api_key = api_key.encode()
        self._bucket = bucket

    def admit(self, api_key: str | None) -> None:
        """Count one request.

        Args:
            api_key: The key that came with it; null for none.

        Raises:
            GatewayResponseError: Raised when the key is not that of the plan, or too soon.
        """
        if not compare_digest((api_key or "").encode("utf-8", "surrogateescape"), self._api_key):
            raise GatewayResponseError(INVALID_API_KEY)
        if not self._bucket.take():
            raise GatewayResponseError(THROTTLED)
