"""One connection with its queue of batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from queue import Full, Queue

from emulation.events import EVENTS
from emulation.posts import Post
from emulation.sender import Sender
from emulation.tally import Tally
from emulation.watermark import LowWatermark

__all__ = ["Batch", "Halt", "Lane", "RecordOf"]

QUEUED_BATCHES = 2
"""Enough that a connection never waits for the source, few enough to bound the memory."""
POLL_SECONDS = 0.1

type RecordOf = Callable[[int, bytes], bytes]
"""Makes the record of one event from its index and payload."""


@dataclass
class Batch:
    """Posts that are sent together, event by event."""

    posts: list[Post] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Index of the last post."""
        return self.posts[-1].index

    def requests(self, event: int, record_of: RecordOf) -> Iterator[list[bytes]]:
        """Yield the records of one event, by its position in `EVENTS`, request by request.

        A request holds no two records of one index: of two that are sent again one by one, the
        earlier could arrive later and stand.
        """
        for turn in zip_longest(*(post.payloads[event] for post in self.posts)):
            yield [
                record_of(post.index, payload)
                for post, payload in zip(self.posts, turn, strict=True)
                if payload is not None
            ]


class Halt:
    """Ends a run early: by whom it was asked for, or for which error."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def fail(self, error: Exception) -> None:
        """Stop the run for `error`; the first one stands."""
        with self._lock:
            if not self.event.is_set():
                self.error = error
            self.event.set()


class Lane:
    """Gathers posts into batches, and sends them on one connection in the order they came."""

    def __init__(
        self,
        number: int,
        batch_posts: int,
        record_of: RecordOf,
        sender: Sender,
        tally: Tally,
        watermark: LowWatermark,
        halt: Halt,
    ) -> None:
        self._number = number
        self._batch_posts = batch_posts
        self._record_of = record_of
        self._sender = sender
        self._tally = tally
        self._watermark = watermark
        self._halt = halt
        self._open = Batch()
        self._queue: Queue[Batch | None] = Queue(QUEUED_BATCHES)
        self._thread = threading.Thread(target=self._run, name=f"lane-{number}", daemon=True)
        self._thread.start()

    def add(self, post: Post) -> None:
        """Add `post` to the batch being gathered; hand the batch over when it is full."""
        if not self._open.posts:
            self._watermark.opened(self._number, post.index)
        self._open.posts.append(post)
        if len(self._open.posts) >= self._batch_posts:
            self._hand_over()

    def finish(self) -> None:
        """Hand over what is left, and the word that nothing follows."""
        if self._open.posts:
            self._hand_over()
        self._put(None)

    def _hand_over(self) -> None:
        batch, self._open = self._open, Batch()
        self._put(batch)

    def _put(self, batch: Batch | None) -> None:
        while not self._halt.event.is_set():
            with suppress(Full):
                self._queue.put(batch, timeout=POLL_SECONDS)
                return

    def join(self, seconds: float) -> bool:
        """Return whether the end has come, after waiting up to `seconds` for it."""
        if self._halt.event.is_set():
            with suppress(Full):
                self._queue.put_nowait(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while (batch := self._queue.get()) and not self._halt.event.is_set():
                self._send(batch)
        except Exception as error:  # noqa: BLE001  # it must end the run, whatever it is
            self._halt.fail(error)

    def _send(self, batch: Batch) -> None:
        """A batch that is cut short by a halt is left unsettled: it is sent again on resuming."""
        all_acknowledged = True
        for position, event in enumerate(EVENTS):
            for request in batch.requests(position, self._record_of):
                if self._halt.event.is_set():
                    return
                all_acknowledged &= self._sender.send(event.name, request)
        if all_acknowledged:
            self._watermark.acknowledged(self._number, batch.last)
        else:
            self._watermark.refused(self._number)
        self._tally.posts_sent(len(batch.posts))
