"""How long, and with which pauses, a failing request is repeated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import tenacity

__all__ = ["NotYetError", "Patience"]

FIRST_CONTACT_SECONDS = 5.0
"""How long an API that has not answered once is asked again."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class NotYetError(Exception):
    """Raised when records were not stored this time but may be the next."""


class Patience:
    """How long one request is repeated; shared by all connections to a destination."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self.answered = False
        """Whether the API has answered at all: one that has never is likely not there."""
        self.stop = stop
        self._seconds = seconds

    def retrying(self, advanced_at: Callable[[], float]) -> tenacity.Retrying:
        """Return the plan of one request: exponential back-off with full jitter.

        Args:
            advanced_at: Returns the monotonic time at which a record was last settled.
        """

        def is_over(_: tenacity.RetryCallState) -> bool:
            limit = self._seconds if self.answered else min(FIRST_CONTACT_SECONDS, self._seconds)
            return self.stop.is_set() or time.monotonic() - advanced_at() >= limit

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(NotYetError),
            wait=tenacity.wait_random_exponential(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS),
            stop=is_over,
            sleep=tenacity.sleep_using_event(self.stop),
            reraise=True,
        )
