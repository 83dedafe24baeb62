"""What tests of sending need: a sender with its counters, and waits that take no time."""

from __future__ import annotations

import threading

from emulation.api import ApiClient, RetryPolicy
from emulation.delivery import DeliveryCounters, EventCounts, Sender
from emulation.destinations import Destination, KafkaDestination
from emulation.pacing import Throttle


class RecordedWaits(threading.Event):
    """Records how long a caller would wait, and returns at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return False


class PinSender:
    """Sends pins to an API, and counts them."""

    def __init__(
        self,
        url: str,
        give_up_after_seconds: float = 30.0,
        destination: Destination | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.destination = destination or KafkaDestination("demo")
        self.counters = DeliveryCounters()
        self.throttle = Throttle()
        self.stop = stop or threading.Event()
        client = ApiClient(url, "the-key", self.destination.headers)
        retry_policy = RetryPolicy(give_up_after_seconds, self.stop)
        throttles = {"pin": self.throttle}
        self._sender = Sender(client, self.destination, self.counters, retry_policy, throttles)

    def send(self, *payloads: bytes) -> bool:
        """Send `payloads`, by default three; return whether all were acknowledged."""
        records = [
            self.destination.record(index, payload)
            for index, payload in enumerate(payloads or (b"{}", b"{}", b"{}"), start=1)
        ]
        return self._sender.send("pin", records)

    @property
    def counts(self) -> EventCounts:
        return self.counters.events["pin"]
