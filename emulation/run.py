"""One run of the emulator: posts from a source, to one or more destinations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from emulation.destination import Connection, Destination
from emulation.lane import Halt, Lane
from emulation.pace import Pace
from emulation.posts import Post

__all__ = ["GRACE_SECONDS", "Run"]

GRACE_SECONDS = 5.0
"""How long requests under way may take to end after a halt."""
TICK_SECONDS = 0.25


class Run:
    """Sends each post to every destination; the slowest one sets the speed."""

    def __init__(
        self, connection: Connection, destinations: Sequence[Destination], pace: Pace
    ) -> None:
        self.halt = Halt()
        self._connection = connection
        self._destinations = destinations
        self._pace = pace

    def send(self, posts: Iterator[Post]) -> None:
        """Send `posts` in order, and return when all are settled or the run was halted.

        Raises:
            Exception: What a connection failed with; usually an ApiError.
        """
        connection = self._connection
        batch_posts = self._pace.batch_posts(connection.batch_posts, connection.lanes)
        lanes = [
            lane
            for destination in self._destinations
            for lane in destination.open(batch_posts, self.halt)
        ]
        try:
            self._distribute(posts)
        except BaseException:
            self.halt.event.set()
            raise
        finally:
            self._join(lanes)
        if self.halt.error:
            raise self.halt.error

    def _distribute(self, posts: Iterator[Post]) -> None:
        for post in posts:
            self._pace.wait(self.halt.event)
            if self.halt.event.is_set():
                return
            for destination in self._destinations:
                destination.add(post)
        for destination in self._destinations:
            destination.finish()

    def _join(self, lanes: Sequence[Lane]) -> None:
        """Wait for the lanes to end; after a halt, no longer than the grace time."""
        deadline: float | None = None
        for lane in lanes:
            while not lane.join(TICK_SECONDS):
                if self.halt.event.is_set():
                    deadline = deadline or time.monotonic() + GRACE_SECONDS
                    if time.monotonic() > deadline:
                        break
