"""Sends records until each is acknowledged or refused, and counts them."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import batched

import requests

from emulation.api import (
    ApiClient,
    RetryableError,
    RetryPolicy,
    answer_text,
    no_access_message,
    no_resource_message,
    unexpected_answer_message,
)
from emulation.destinations import Destination, Verdict
from emulation.errors import ApiError
from emulation.pacing import Throttle
from emulation.payloads import Refusal
from pinterest_pipeline.names import EVENT_NAMES

__all__ = ["DeliveryCounters", "EventCounts", "PendingRequest", "Sender", "split_by_size"]

EXAMPLES_KEPT = 10
"""Indexes of refused rows per reason; few, because a source may hold many such rows."""


@dataclass
class EventCounts:
    """Records of one event.

    Attributes:
        acknowledged: Records that the API has stored.
        retried: Records that were sent again; one that was sent three times counts twice.
        refused: Records that were not stored, and that a retry would not store.
        reasons: Number of refused records by reason.
        examples: The first indexes of refused rows of the source, by reason.
    """

    acknowledged: int = 0
    retried: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[int | str]] = field(default_factory=lambda: defaultdict(list))


class DeliveryCounters:
    """The counts of all events; several connections add to them.

    Attributes:
        events: Counts by event.
        posts: Posts whose events are all settled.
    """

    def __init__(self) -> None:
        self.events = {event: EventCounts() for event in EVENT_NAMES}
        self.posts = 0
        self._lock = threading.Lock()

    def acknowledged(self, event: str, records: int) -> None:
        """Add `records` that were stored."""
        with self._lock:
            self.events[event].acknowledged += records

    def retried(self, event: str, records: int) -> None:
        """Add `records` that are sent again."""
        with self._lock:
            self.events[event].retried += records

    def refused(self, event: str, records: int, reason: str) -> None:
        """Add `records` that were refused for `reason`."""
        with self._lock:
            self.events[event].refused += records
            self.events[event].reasons[reason] += records

    def refused_row(self, refusal: Refusal) -> None:
        """Add rows of the source that cannot be sent."""
        self.refused(refusal.event, refusal.rows, refusal.reason)
        with self._lock:
            examples = self.events[refusal.event].examples[refusal.reason]
            if refusal.index is not None and len(examples) < EXAMPLES_KEPT:
                examples.append(refusal.index)

    def posts_settled(self, posts: int) -> None:
        """Add `posts` whose events are all settled."""
        with self._lock:
            self.posts += posts

    @property
    def any_acknowledged(self) -> bool:
        """Whether posts are settled, and at least one of their records is acknowledged."""
        return self.posts > 0 and any(counts.acknowledged for counts in self.events.values())

    @property
    def any_refused(self) -> bool:
        """Whether a record was refused."""
        return any(counts.refused for counts in self.events.values())


class PendingRequest:
    """The records of one request that are not settled yet.

    Attributes:
        progressed_at: Monotonic time at which a record was last settled, or of the first attempt.
    """

    def __init__(self, event: str, records: Sequence[bytes]) -> None:
        self.event = event
        self.records = records
        self.attempts = 0
        self.refused = 0
        self.progressed_at = time.monotonic()

    def keep(self, records: Sequence[bytes], refused: int) -> None:
        """Note that only `records` are left, and that `refused` others were refused."""
        if len(records) < len(self.records):
            self.progressed_at = time.monotonic()
        self.records = records
        self.refused += refused


def split_by_size(records: Sequence[bytes], max_bytes: int) -> Iterator[Sequence[bytes]]:
    """Yield `records` in order, in parts of `max_bytes` at most; a longer record is one part."""
    start = size = 0
    for position, record in enumerate(records):
        if size + len(record) > max_bytes and position > start:
            yield records[start:position]
            start, size = position, 0
        size += len(record)
    yield records[start:]


class _TooLargeError(Exception):
    """Raised when a request is refused, and some of its records may pass in smaller requests."""


class Sender:
    """Sends records to one destination over one connection."""

    def __init__(
        self,
        client: ApiClient,
        destination: Destination,
        counters: DeliveryCounters,
        retry_policy: RetryPolicy,
        throttles: Mapping[str, Throttle],
    ) -> None:
        """Take the `throttles`, one per event; all connections to the destination share them."""
        self._client = client
        self._destination = destination
        self._counters = counters
        self._retry_policy = retry_policy
        self._throttles = throttles

    def send(self, event: str, records: Sequence[bytes]) -> bool:
        """Send `records` until each is settled.

        Returns:
            Whether all were acknowledged; false if some were refused.

        Raises:
            ApiError: Raised when the API would refuse any record, or keeps failing.
        """
        acknowledged = [
            self._send_request(event, part)
            for part in split_by_size(records, self._destination.max_bytes)
        ]
        return all(acknowledged)

    def _send_request(self, event: str, records: Sequence[bytes]) -> bool:
        request = PendingRequest(event, records)
        try:
            self._retry_policy.retrying(lambda: request.progressed_at)(self._attempt, request)
        except RetryableError as error:
            raise ApiError(self._gave_up_message(event, error)) from error
        except _TooLargeError:
            return self._send_in_halves(request)
        return not request.refused

    def _send_in_halves(self, request: PendingRequest) -> bool:
        self._counters.retried(request.event, len(request.records))
        halves = batched(request.records, (len(request.records) + 1) // 2)
        acknowledged = [self._send_request(request.event, half) for half in halves]
        return all(acknowledged) and not request.refused

    def _attempt(self, request: PendingRequest) -> None:
        self._throttles[request.event].wait(len(request.records), self._retry_policy.stop)
        self._count_attempt(request)
        path = self._destination.path(request.event)
        body = self._destination.body(request.records)
        answer = self._client.send(self._destination.method, path, body)
        self._retry_policy.answered = True
        if answer.status_code == HTTPStatus.OK:
            self._settle_records(request, answer.content)
        else:
            self._settle_request(request, answer)

    def _count_attempt(self, request: PendingRequest) -> None:
        if request.attempts:
            self._counters.retried(request.event, len(request.records))
        else:
            request.progressed_at = time.monotonic()
        request.attempts += 1

    def _settle_records(self, request: PendingRequest, answer: bytes) -> None:
        """Count the settled records, and keep those that a retry may store.

        Raises:
            RetryableError: Raised when records are left.
        """
        sent = request.records
        failures = self._destination.failures(answer, len(sent))
        self._counters.acknowledged(request.event, len(sent) - len(failures))
        if not failures:
            return
        retryable = {at: one for at, one in failures.items() if one.verdict is not Verdict.REFUSED}
        for at in failures.keys() - retryable.keys():
            self._counters.refused(request.event, 1, failures[at].reason)
        request.keep([sent[at] for at in retryable], len(failures) - len(retryable))
        if any(one.verdict is Verdict.THROTTLED for one in retryable.values()):
            self._throttles[request.event].slow_down()
        if retryable:
            reason = next(iter(retryable.values())).reason
            raise RetryableError(f"{len(retryable)} records not stored: {reason}")

    def _settle_request(self, request: PendingRequest, answer: requests.Response) -> None:
        """Apply the verdict on a whole request.

        Raises:
            RetryableError: Raised when a retry may store the records.
            _TooLargeError: Raised when smaller requests may store them.
            ApiError: Raised when the run cannot go on.
        """
        verdict = self._destination.verdict(answer.status_code, answer.content)
        reason = f"{answer.status_code}: {answer_text(answer)}"
        if verdict is Verdict.SPLIT and len(request.records) > 1:
            raise _TooLargeError
        match verdict:
            case Verdict.SPLIT | Verdict.REFUSED:
                self._counters.refused(request.event, len(request.records), reason)
                request.keep([], len(request.records))
            case Verdict.RETRY:
                raise RetryableError(reason)
            case Verdict.THROTTLED:
                self._throttles[request.event].slow_down()
                raise RetryableError(reason)
            case Verdict.NO_ACCESS:
                raise ApiError(no_access_message(self._client.url, reason))
            case Verdict.NOT_FOUND:
                resource = self._destination.resource(request.event)
                raise ApiError(no_resource_message(self._client.url, resource, reason))
            case Verdict.FAILED:
                raise ApiError(unexpected_answer_message(self._client.url, request.event, answer))

    def _gave_up_message(self, event: str, error: RetryableError) -> str:
        if not self._retry_policy.answered:
            return (
                f"No API answers at {self._client.url}: {error}. Start the stack with `make up`, "
                "or name another API with --api."
            )
        return (
            f"The API at {self._client.url} kept failing for a batch of {event} events to "
            f"{self._destination.name}: {error}"
        )
