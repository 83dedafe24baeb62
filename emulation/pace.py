"""How fast posts are sent."""

from __future__ import annotations

import math
import random
import threading
import time
from typing import Protocol

__all__ = ["LONGEST_HUMAN_PAUSE_SECONDS", "FullSpeed", "HumanPace", "Pace", "SteadyPace"]

LONGEST_HUMAN_PAUSE_SECONDS = 2.0


class Pace(Protocol):
    """Holds posts back until it is their time."""

    def wait(self, stop: threading.Event) -> None:
        """Return when the next post may go, or as soon as `stop` is set."""

    def batch_posts(self, wanted: int, lanes: int) -> int:
        """Return how many posts a batch of one of `lanes` may gather, at most `wanted`."""


class FullSpeed:
    """As fast as the API takes them."""

    def wait(self, stop: threading.Event) -> None:
        """Return at once."""

    def batch_posts(self, wanted: int, lanes: int) -> int:  # noqa: ARG002  # the protocol's shape
        """Return `wanted`: batches fill at once."""
        return wanted


class SteadyPace:
    """A fixed number of posts per second."""

    def __init__(self, posts_per_second: float) -> None:
        self._seconds_per_post = 1 / posts_per_second
        self._posts_per_second = posts_per_second
        self._due = time.monotonic()

    def wait(self, stop: threading.Event) -> None:
        """Return when the next post is due. Time lost to a slow API is not made up for."""
        now = time.monotonic()
        if self._due > now:
            stop.wait(self._due - now)
        self._due = max(self._due, now - 1) + self._seconds_per_post

    def batch_posts(self, wanted: int, lanes: int) -> int:
        """Return the posts of about one second: a fuller batch would keep them back for longer."""
        return max(1, min(wanted, math.ceil(self._posts_per_second / lanes)))


class HumanPace:
    """A pause of up to two seconds before each post, as an app's user would make."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def wait(self, stop: threading.Event) -> None:
        """Return after the pause."""
        stop.wait(self._chance.uniform(0, LONGEST_HUMAN_PAUSE_SECONDS))

    def batch_posts(self, wanted: int, lanes: int) -> int:  # noqa: ARG002  # the protocol's shape
        """Return 1: a person posts one by one."""
        return 1
