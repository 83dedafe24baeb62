"""One run of the emulator: posts from a source, through lanes, to the API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from emulation.lane import Halt, Lane
from emulation.pace import Pace
from emulation.posts import Post
from emulation.sender import Patience, Route, Sender, open_session
from emulation.tally import Tally
from emulation.watermark import LowWatermark

__all__ = ["GRACE_SECONDS", "Connection", "Run", "ticking"]

GRACE_SECONDS = 5.0
"""How long requests under way may take to end after a halt."""
TICK_SECONDS = 0.25


@dataclass(frozen=True)
class Connection:
    """How the API is talked to.

    Attributes:
        api: Base URL, its stage included.
        api_key: The key of the API's usage plan.
        lanes: Number of connections at once.
        batch_posts: Posts per batch, and records per request, at most.
        patience_seconds: How long a failing request is repeated.
    """

    api: str
    api_key: str
    lanes: int
    batch_posts: int
    patience_seconds: float


class Run:
    """Sends posts over one or more connections; the posts of one index keep to one of them."""

    def __init__(self, connection: Connection, route: Route, pace: Pace, after: int) -> None:
        """Take the resume point `after` which the posts begin."""
        self.tally = Tally()
        self.halt = Halt()
        self.watermark = LowWatermark(after, connection.lanes)
        self._connection = connection
        self._route = route
        self._pace = pace
        self._patience = Patience(connection.patience_seconds, self.halt.event)

    def send(self, posts: Iterator[Post]) -> None:
        """Send `posts` in order, and return when all are settled or the run was halted.

        Raises:
            Exception: What a connection failed with; usually an ApiError.
        """
        lanes = [self._lane(number) for number in range(self._connection.lanes)]
        try:
            self._distribute(posts, lanes)
        except BaseException:
            self.halt.event.set()
            raise
        finally:
            self._join(lanes)
        if self.halt.error:
            raise self.halt.error

    def _lane(self, number: int) -> Lane:
        connection = self._connection
        session = open_session(connection.api, connection.api_key, self._route.headers)
        sender = Sender(session, connection.api, self._route, self.tally, self._patience)
        batch_posts = self._pace.batch_posts(connection.batch_posts, connection.lanes)
        return Lane(number, batch_posts, sender, self.tally, self.watermark, self.halt)

    def _distribute(self, posts: Iterator[Post], lanes: Sequence[Lane]) -> None:
        for post in posts:
            self._pace.wait(self.halt.event)
            if self.halt.event.is_set():
                return
            lanes[post.index % len(lanes)].add(post)
        for lane in lanes:
            lane.finish()

    def _join(self, lanes: Sequence[Lane]) -> None:
        """Wait for the lanes to end; after a halt, no longer than the grace time."""
        deadline: float | None = None
        for lane in lanes:
            while not lane.join(TICK_SECONDS):
                if self.halt.event.is_set():
                    deadline = deadline or time.monotonic() + GRACE_SECONDS
                    if time.monotonic() > deadline:
                        break


@contextmanager
def ticking(
    tick: Callable[[], object], fail: Callable[[Exception], object], seconds: float = TICK_SECONDS
) -> Iterator[None]:
    """Call `tick` again and again, and once more at the end, while the block runs.

    The first error is handed to `fail`, and nothing is called any more.
    """
    over = threading.Event()

    def repeat() -> None:
        try:
            while not over.wait(seconds):
                tick()
            tick()
        except Exception as error:  # noqa: BLE001  # who made the ticks decides
            fail(error)

    thread = threading.Thread(target=repeat, name="ticker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
