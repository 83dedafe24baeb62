"""One place that posts are sent to, over one or more connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emulation.events import EVENTS
from emulation.lane import Halt, Lane
from emulation.patience import Patience
from emulation.posts import Post
from emulation.route import Route
from emulation.sender import Sender
from emulation.session import open_session
from emulation.tally import Tally
from emulation.throttle import Throttle
from emulation.watermark import LowWatermark

__all__ = ["Connection", "Destination"]


@dataclass(frozen=True)
class Connection:
    """How the API is talked to.

    Attributes:
        api: Base URL, its stage included.
        api_key: The key of the API's usage plan.
        lanes: Number of connections at once, for each destination.
        batch_posts: Posts per batch, and records per request, at most.
        patience_seconds: How long a failing request is repeated.
    """

    api: str
    api_key: str
    lanes: int
    batch_posts: int
    patience_seconds: float


class Destination:
    """The lanes to one destination; the posts of one index keep to one of them.

    Attributes:
        name: Its name, for people and files.
        tally: What became of the records.
        watermark: After which post a later run can go on.
    """

    def __init__(self, connection: Connection, route: Route, after: int) -> None:
        """Take the resume point `after` which posts are to be sent."""
        self.name = route.name
        self.tally = Tally()
        self.watermark = LowWatermark(after, connection.lanes)
        self._connection = connection
        self._route = route
        self._after = after
        self._lanes: list[Lane] = []

    def open(self, batch_posts: int, halt: Halt) -> Sequence[Lane]:
        """Return the lanes, opened for batches of `batch_posts` at most."""
        patience = Patience(self._connection.patience_seconds, halt.event)
        throttles = {event.name: Throttle() for event in EVENTS}
        self._lanes = [
            Lane(
                number,
                batch_posts,
                self._route.record,
                self._sender(patience, throttles),
                self.tally,
                self.watermark,
                halt,
            )
            for number in range(self._connection.lanes)
        ]
        return self._lanes

    def _sender(self, patience: Patience, throttles: dict[str, Throttle]) -> Sender:
        connection, route = self._connection, self._route
        session = open_session(connection.api, connection.api_key, route.headers)
        return Sender(session, connection.api, route, self.tally, patience, throttles)

    def add(self, post: Post) -> None:
        """Send `post` some time; nothing is done where an earlier run has."""
        if post.index > self._after:
            self._lanes[post.index % len(self._lanes)].add(post)

    def finish(self) -> None:
        """Send what has been gathered: nothing follows."""
        for lane in self._lanes:
            lane.finish()
