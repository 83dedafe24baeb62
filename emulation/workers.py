"""The workers that send batches of posts, and what one run sends to one destination."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from queue import Full, Queue

from emulation.api import ApiClient, ApiClientConfig, RetryPolicy
from emulation.delivery import DeliveryCounters, Sender
from emulation.destinations import Destination
from emulation.pacing import Pace, Throttle
from emulation.posts import Post, PostRange
from emulation.resume import AckTracker, ResumePoint
from emulation.stop import StopSignal
from emulation.summary import DestinationResult
from pinterest_pipeline.names import EVENT_NAMES

__all__ = ["Batch", "DestinationRun", "Worker"]

QUEUED_BATCHES = 2
"""Enough that a worker never waits for the source, few enough to bound the memory."""
POLL_SECONDS = 0.1


@dataclass
class Batch:
    """Posts that are sent together, event by event."""

    posts: list[Post] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Index of the last post."""
        return self.posts[-1].index

    def requests(self, event: int, destination: Destination) -> Iterator[list[bytes]]:
        """Yield the records of one event, by its position in `EVENT_NAMES`, request by request.

        A request never holds two records of one index. If both were retried one by one, the older
        record could arrive last and win.
        """
        for payloads in zip_longest(*(post.payloads[event] for post in self.posts)):
            yield [
                destination.record(post.index, payload)
                for post, payload in zip(self.posts, payloads, strict=True)
                if payload is not None
            ]


class Worker:
    """Gathers posts into batches and sends them in order, on one connection in one thread."""

    def __init__(
        self, number: int, run: DestinationRun, sender: Sender, batch_posts: int, stop: StopSignal
    ) -> None:
        self._number = number
        self._run = run
        self._sender = sender
        self._batch_posts = batch_posts
        self._stop = stop
        self._open = Batch()
        self._queue: Queue[Batch | None] = Queue(QUEUED_BATCHES)
        self._thread = threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
        self._thread.start()

    def add(self, post: Post) -> None:
        """Add `post` to the open batch, and queue the batch when it is full."""
        if not self._open.posts:
            self._run.acks.opened(self._number, post.index)
        self._open.posts.append(post)
        if len(self._open.posts) >= self._batch_posts:
            self._queue_open_batch()

    def finish(self) -> None:
        """Queue the rest; no post follows."""
        if self._open.posts:
            self._queue_open_batch()
        self._put(None)

    def _queue_open_batch(self) -> None:
        batch, self._open = self._open, Batch()
        self._put(batch)

    def _put(self, batch: Batch | None) -> None:
        while not self._stop.is_set():
            with suppress(Full):
                self._queue.put(batch, timeout=POLL_SECONDS)
                return

    def join(self, seconds: float) -> bool:
        """Return whether the thread has ended, after waiting up to `seconds` for it."""
        if self._stop.is_set():
            with suppress(Full):
                self._queue.put_nowait(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            while (batch := self._queue.get()) and not self._stop.is_set():
                self._send(batch)
        except Exception as error:  # noqa: BLE001  # any error must end the run
            self._stop.fail(error)

    def _send(self, batch: Batch) -> None:
        """Send `batch`. If the run stops meanwhile, the batch stays unsettled for `--resume`."""
        all_acknowledged = True
        for position, event in enumerate(EVENT_NAMES):
            for records in batch.requests(position, self._run.destination):
                if self._stop.is_set():
                    return
                all_acknowledged &= self._sender.send(event, records)
        if all_acknowledged:
            self._run.acks.acknowledged(self._number, batch.last)
        else:
            self._run.acks.refused(self._number)
        self._run.counters.posts_settled(len(batch.posts))


class DestinationRun:
    """What one run sends to one destination; all posts of one index use the same worker.

    Attributes:
        destination: Where posts are sent.
        counters: Delivery results of the records.
        acks: After which post a later run can resume.
    """

    def __init__(
        self,
        config: ApiClientConfig,
        destination: Destination,
        resume_after: int,
        post_range: PostRange | None = None,
        resume_point: ResumePoint | None = None,
    ) -> None:
        self.destination = destination
        self.counters = DeliveryCounters()
        self.acks = AckTracker(resume_after, config.connections)
        self._config = config
        self._resume_after = resume_after
        self._post_range = post_range
        self._resume_point = resume_point
        self._workers: list[Worker] = []
        without_key = post_range.rows_without_key if post_range else {}
        for event, rows in without_key.items():
            if rows:
                reason = "the row has no index, which is its record's key"
                self.counters.refused(event, rows, reason)

    def start(self, pace: Pace, stop: StopSignal) -> Sequence[Worker]:
        """Return the workers, started."""
        config = self._config
        batch_posts = pace.batch_posts(config.batch_size, config.connections)
        retry_policy = RetryPolicy(config.give_up_after_seconds, stop)
        throttles = {event: Throttle() for event in EVENT_NAMES}
        for number in range(config.connections):
            client = ApiClient(config.url, config.api_key, self.destination.headers)
            sender = Sender(client, self.destination, self.counters, retry_policy, throttles)
            self._workers.append(Worker(number, self, sender, batch_posts, stop))
        return self._workers

    def add(self, post: Post) -> None:
        """Queue `post`, unless an earlier run has sent it."""
        if post.index > self._resume_after:
            self._workers[post.index % len(self._workers)].add(post)

    def finish(self) -> None:
        """Queue the rest; no post follows."""
        for worker in self._workers:
            worker.finish()

    def save_resume_point(self) -> None:
        """Save the resume point; an older one stays until this run has stored something.

        Raises:
            SettingsError: Raised when it cannot be written.
        """
        if self._resume_point and self.counters.any_acknowledged:
            self._resume_point.save(self.acks.resume_after)

    def posts_done(self, total: int | None) -> int:
        """Return how many of the run's `total` posts are settled or need no sending here."""
        if self._post_range is None or total is None:
            return self.counters.posts
        return total - self._post_range.posts + self.counters.posts

    def result(self, *, resumable: bool) -> DestinationResult:
        """Return what the run has done; `resumable` says whether the resume point was saved."""
        resume_after = self.acks.resume_after if resumable and self._resume_point else None
        return DestinationResult(
            self.destination.name, self.counters, self._post_range, resume_after
        )
