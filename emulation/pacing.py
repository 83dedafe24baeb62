"""How fast posts are sent: the rate that the user asks for, and throttling by the API."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque

__all__ = ["FixedRate", "Pace", "RandomDelay", "Throttle", "batch_posts"]

MAX_RANDOM_DELAY_SECONDS = 2.0


class FixedRate:
    """A fixed number of posts per second; infinity for as fast as the API accepts them."""

    def __init__(self, posts_per_second: float) -> None:
        self._seconds_per_post = 1 / posts_per_second
        self._due = time.monotonic()

    def wait(self, stop: threading.Event) -> None:
        """Return when the next post is due, or as soon as `stop` is set.

        It does not catch up after delays of more than one second.
        """
        now = time.monotonic()
        if self._due > now:
            stop.wait(self._due - now)
        self._due = max(self._due, now - 1) + self._seconds_per_post


class RandomDelay:
    """A pause of up to two seconds before each post, to simulate a user."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def wait(self, stop: threading.Event) -> None:
        """Return after the pause, or as soon as `stop` is set."""
        stop.wait(self._rng.uniform(0, MAX_RANDOM_DELAY_SECONDS))


type Pace = FixedRate | RandomDelay


def batch_posts(wanted: int, posts_per_second: float, connections: int) -> int:
    """Return how many posts a batch on one of `connections` may hold, at most `wanted`.

    It is the posts of about one second: a larger batch would delay its first post.
    """
    return max(1, math.ceil(min(wanted, posts_per_second / connections)))


class Throttle:
    """Limits the records per second to one topic or stream, by TCP's rule.

    The rule is additive increase and multiplicative decrease. There is no limit before the first
    throttled answer. Such an answer halves the rate of the second before; then the limit grows by
    100 records per second each second. All connections share a throttle and receive
    the same throttling, so the limit falls at most once a second.
    """

    DECREASE = 0.5
    INCREASE_PER_SECOND = 100.0
    """Records per second; a tenth of what one shard of Kinesis accepts."""
    LOWEST = 50.0
    """Records per second; so 500 records wait for ten seconds at most."""
    WINDOW_SECONDS = 1.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: deque[tuple[float, int]] = deque()
        self._next_turn = 0.0
        self._reduced_to: float | None = None
        self._reduced_at = 0.0

    def wait(self, records: int, stop: threading.Event) -> None:
        """Return when `records` may be sent, or as soon as `stop` is set."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next_turn, now)
            limit = self._limit(now)
            self._next_turn = turn if limit is None else turn + records / limit
            self._sent.append((turn, records))
            self._forget_old(now)
        if turn > now:
            stop.wait(turn - now)

    def slow_down(self) -> None:
        """Halve the rate."""
        with self._lock:
            now = time.monotonic()
            if self._reduced_to is None or now - self._reduced_at >= self.WINDOW_SECONDS:
                self._forget_old(now)
                sent = sum(records for at, records in self._sent if at <= now) / self.WINDOW_SECONDS
                self._reduced_to = max(self.LOWEST, self.DECREASE * sent)
                self._reduced_at = now

    def _limit(self, now: float) -> float | None:
        """Return the records per second that may be sent; None means unlimited."""
        if self._reduced_to is None:
            return None
        return self._reduced_to + self.INCREASE_PER_SECOND * (now - self._reduced_at)

    def _forget_old(self, now: float) -> None:
        while self._sent and self._sent[0][0] < now - self.WINDOW_SECONDS:
            self._sent.popleft()
