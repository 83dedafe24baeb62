"""The usage plan: one API key and its throttle."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import compare_digest

from local.api_gateway.errors import INVALID_API_KEY, THROTTLED, GatewayResponseError

__all__ = ["TokenBucket", "UsagePlan"]


class TokenBucket:
    """Allows `rate` requests per second on average, and `burst` at once."""

    def __init__(
        self, rate: float, burst: int, clock_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock_seconds = clock_seconds
        self._tokens = float(burst)
        self._refilled_at = clock_seconds()

    def take(self) -> bool:
        """Take one token.

        Returns:
            False if none is left.
        """
        now = self._clock_seconds()
        self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
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
        """Check the key of one request and take a token for it.

        Args:
            api_key: The key of the request; None if it has none.

        Raises:
            GatewayResponseError: Raised when the key is wrong, or when no token is left.
        """
        if not compare_digest((api_key or "").encode("utf-8", "surrogateescape"), self._api_key):
            raise GatewayResponseError(INVALID_API_KEY)
        if not self._bucket.take():
            raise GatewayResponseError(THROTTLED)
