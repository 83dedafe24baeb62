"""A sender for tests."""

from __future__ import annotations

import threading

from emulation.kafka_route import KafkaRoute
from emulation.patience import Patience
from emulation.route import Route
from emulation.sender import Sender
from emulation.session import open_session
from emulation.tally import EventCounts, Tally
from emulation.throttle import Throttle


class Sending:
    """A sender with what it counts."""

    def __init__(
        self,
        url: str,
        patience_seconds: float = 30.0,
        route: Route | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.route = route or KafkaRoute("demo")
        self.tally = Tally()
        self.throttle = Throttle()
        self.stop = stop or threading.Event()
        patience = Patience(patience_seconds, self.stop)
        session = open_session(url, "the-key", self.route.headers)
        throttles = {"pin": self.throttle}
        self.sender = Sender(session, url, self.route, self.tally, patience, throttles)

    def __call__(self, *payloads: bytes) -> bool:
        records = [
            self.route.record(index, payload)
            for index, payload in enumerate(payloads or (b"{}", b"{}", b"{}"), start=1)
        ]
        return self.sender.send("pin", records)

    @property
    def counts(self) -> EventCounts:
        return self.tally.events["pin"]
