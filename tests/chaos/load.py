"""Posts at a steady rate to one destination, and notes what the API acknowledged."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass
from typing import Any

from emulation.api import ApiClient, RetryPolicy
from emulation.delivery import DeliveryCounters, Sender
from emulation.destinations import Destination
from emulation.errors import ApiError
from emulation.pacing import Throttle
from pinterest_pipeline.names import EVENT_NAMES
from tests.chaos.ledger import Ledger
from tests.support.bad_records import GEO, PIN, USER

__all__ = ["VERSION_COLUMNS", "Load"]

VERSION_COLUMNS = {"pin": "title", "geo": "country", "user": "user_name"}
"""The clean column that ends with the version."""

_BATCH_SECONDS = 0.5
_NEW_VERSIONS = 0.2
_BAD_RECORDS = 0.05
_MEAN_AGE = 100
_GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True)
class _Sent:
    """One record. A bad one has no index; its key is part of its payload."""

    payload: bytes
    index: int | None
    version: int
    key: int


class Load:
    """A thread that posts new posts, new versions of posts, and bad records.

    A new version of a post is sent after the acknowledgement of the one before. A post with an
    ambiguous version gets no newer one, because a late copy might overtake it.

    Attributes:
        ledgers: The records by event.
        error: The error that ended the thread; null if none did. Faults do not end it.
    """

    def __init__(
        self, destination: Destination, api: str, api_key: str, rate: float, seed: int
    ) -> None:
        self.ledgers = {event: Ledger() for event in EVENT_NAMES}
        self._destination = destination
        self._batch = max(1, round(rate * _BATCH_SECONDS))
        self._chance = random.Random(seed)
        self._numbers = dict.fromkeys(EVENT_NAMES, 0)
        self._stop = threading.Event()
        self._no_retries = threading.Event()
        client = ApiClient(api, api_key, destination.headers)
        retry_policy = RetryPolicy(_GIVE_UP_SECONDS, self._no_retries)
        retry_policy.answered = True  # the gateway has answered; now it may be away
        throttles = {event: Throttle() for event in EVENT_NAMES}
        self._sender = Sender(client, destination, DeliveryCounters(), retry_policy, throttles)
        self._thread = threading.Thread(target=self._post, name=destination.name)
        self.error: Exception | None = None

    def start(self) -> None:
        """Start posting."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the current batch is settled.

        Raises:
            Exception: Raised when posting failed for another reason than a fault.
        """
        self._stop.set()
        self._thread.join()
        if self.error:
            raise self.error

    def give_up(self) -> None:
        """Stop after the request in flight, and send nothing again."""
        self._stop.set()
        self._no_retries.set()

    def _post(self) -> None:
        try:
            while not self._stop.wait(_BATCH_SECONDS):
                for event in EVENT_NAMES:
                    self._send(event, self._next_batch(event))
        except Exception as error:  # noqa: BLE001  # raised in the thread that stops this one
            self.error = error

    def _next_batch(self, event: str) -> list[_Sent]:
        """Return records of which no two belong to one post."""
        first = self._numbers[event] + 1
        self._numbers[event] += self._batch
        batch: dict[int, _Sent] = {}
        for number in range(first, first + self._batch):
            chance = self._chance.random()
            if chance < _BAD_RECORDS:
                sent = _Sent(_bad(event, number), None, 0, number)
            else:
                is_newer = chance < _BAD_RECORDS + _NEW_VERSIONS
                older = max(0, first - 1 - self._age()) if is_newer else 0
                sent = self._version_of(event, number if older in batch else older, number)
            batch[sent.key] = sent
        return list(batch.values())

    def _age(self) -> int:
        """Return how many posts ago the changed post was. Most are recent, so changes meet."""
        return int(self._chance.expovariate(1 / _MEAN_AGE))

    def _version_of(self, event: str, index: int, number: int) -> _Sent:
        """Return the next version of the post `index`, or a new post if there can be none."""
        ledger = self.ledgers[event]
        version = ledger.acknowledged.get(index, 0) + 1
        if version == 1 or index in ledger.ambiguous:
            index, version = number, 1
        return _Sent(_good(event, index, version), index, version, index)

    def _send(self, event: str, batch: list[_Sent]) -> None:
        records = [self._destination.record(sent.key, sent.payload) for sent in batch]
        ledger = self.ledgers[event]
        try:
            if not self._sender.send(event, records):
                raise RuntimeError(f"the API refused records of {event}")
        except ApiError:
            self._note_ambiguous(ledger, batch)
        else:
            self._note_acknowledged(ledger, batch)

    def _note_acknowledged(self, ledger: Ledger, batch: list[_Sent]) -> None:
        ledger.records += len(batch)
        for sent in batch:
            if sent.index is None:
                ledger.bad.add(f"bad {sent.key}")
            else:
                ledger.acknowledged[sent.index] = sent.version

    def _note_ambiguous(self, ledger: Ledger, batch: list[_Sent]) -> None:
        for sent in batch:
            if sent.index is None:
                ledger.ambiguous_bad.add(f"bad {sent.key}")
            else:
                ledger.ambiguous.setdefault(sent.index, set()).add(sent.version)


def _good(event: str, index: int, version: int) -> bytes:
    changes: dict[str, dict[str, Any]] = {
        "pin": PIN | {"index": index, "title": f"title {version}"},
        "geo": GEO | {"ind": index, "country": f"country {version}"},
        "user": USER | {"ind": index, "last_name": f"name {version}"},
    }
    return json.dumps(changes[event]).encode()


def _bad(event: str, number: int) -> bytes:
    key = "index" if event == "pin" else "ind"
    return json.dumps({key: f"bad {number}"}).encode()
