"""The threads of a run: its workers, periodic tasks, and the signal that stops them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from queue import Full, Queue
from types import FrameType

from emulation.api import ApiClient, ApiClientConfig, RetryPolicy
from emulation.delivery import DeliveryCounters, Sender
from emulation.destinations import Destination
from emulation.pacing import Throttle
from emulation.payloads import Refusal
from emulation.posts import Post, PostRange
from emulation.report import DestinationResult
from emulation.resume import AckTracker, ResumePoint
from pinterest_pipeline.names import EVENT_NAMES

__all__ = ["DestinationRun", "StopSignal", "Worker", "run_periodically", "stop_on_signals"]

QUEUED_BATCHES = 2
"""Enough that a worker never waits for the source, few enough to bound the memory."""
POLL_SECONDS = 0.1


class StopSignal(threading.Event):
    """Tells all threads of a run to stop.

    Attributes:
        error: The error that ended the run; None if there was none.
        interrupted: Whether Ctrl-C or SIGTERM ended it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.interrupted = False
        self._lock = threading.Lock()

    def fail(self, error: Exception) -> None:
        """Stop the run because of `error`; the first error is kept."""
        with self._lock:
            if not self.is_set():
                self.error = error
            self.set()


@contextmanager
def stop_on_signals(stop: StopSignal) -> Iterator[None]:
    """Let SIGINT and SIGTERM set `stop` while the block runs; a second signal ends the process."""
    signals = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.interrupted = True
        stop.set()
        restore()

    for number in signals:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        restore()


@contextmanager
def run_periodically(
    task: Callable[[], object], stop: StopSignal, seconds: float
) -> Iterator[None]:
    """Call `task` every `seconds` while the block runs, and once at the end.

    An error of `task` ends the run; `task` is not called again.
    """
    finished = threading.Event()

    def repeat() -> None:
        try:
            while not finished.wait(seconds):
                task()
            task()
        except Exception as error:  # noqa: BLE001  # any error must end the run
            stop.fail(error)

    thread = threading.Thread(target=repeat, name="periodic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def _requests(posts: Sequence[Post], event: int, destination: Destination) -> Iterator[list[bytes]]:
    """Yield the records of one event, by its position in `EVENT_NAMES`, request by request.

    A request never holds two records of one index. If both were retried one by one, the older
    record could arrive last and win.
    """
    for payloads in zip_longest(*(post.payloads[event] for post in posts)):
        records = [
            destination.record(post.index, payload)
            for post, payload in zip(posts, payloads, strict=True)
            if isinstance(payload, bytes)
        ]
        if records:  # all may be refused rows of the source
            yield records


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
        self._open: list[Post] = []
        self._queue: Queue[list[Post] | None] = Queue(QUEUED_BATCHES)
        self._thread = threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
        self._thread.start()

    def add(self, post: Post) -> None:
        """Add `post` to the open batch, and queue the batch when it is full."""
        if not self._open:
            self._run.acks.opened(self._number, post.index)
        self._open.append(post)
        if len(self._open) >= self._batch_posts:
            self._queue_open_batch()

    def finish(self) -> None:
        """Queue the rest; no post follows."""
        if self._open:
            self._queue_open_batch()
        self._put(None)

    def _queue_open_batch(self) -> None:
        batch, self._open = self._open, []
        self._put(batch)

    def _put(self, batch: list[Post] | None) -> None:
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

    def _send(self, batch: list[Post]) -> None:
        """Send `batch`. If the run stops meanwhile, the batch stays unsettled for `--resume`."""
        refusals = [
            payload
            for post in batch
            for payloads in post.payloads
            for payload in payloads
            if isinstance(payload, Refusal)
        ]
        for refusal in refusals:
            self._run.counters.refused_row(refusal)
        all_acknowledged = not refusals
        for position, event in enumerate(EVENT_NAMES):
            for records in _requests(batch, position, self._run.destination):
                if self._stop.is_set():
                    return
                all_acknowledged &= self._sender.send(event, records)
        if all_acknowledged:
            self._run.acks.acknowledged(self._number, batch[-1].index)
        else:
            self._run.acks.refused(self._number)
        self._run.counters.posts_settled(len(batch))


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
        for refusal in post_range.refusals if post_range else ():
            self.counters.refused_row(refusal)

    def start(self, stop: StopSignal) -> Sequence[Worker]:
        """Return the workers, started."""
        config = self._config
        retry_policy = RetryPolicy(config.give_up_after_seconds, stop)
        throttles = {event: Throttle() for event in EVENT_NAMES}
        for number in range(config.connections):
            client = ApiClient(
                config.url, config.api_key, self.destination.headers, config.signature
            )
            sender = Sender(client, self.destination, self.counters, retry_policy, throttles)
            self._workers.append(Worker(number, self, sender, config.batch_size, stop))
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
