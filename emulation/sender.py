"""Sends the records of one event until each is acknowledged or refused."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import batched

import requests

from emulation.delivery import Delivery, parts
from emulation.errors import ApiError
from emulation.patience import NotYetError, Patience
from emulation.route import Route, Verdict
from emulation.session import send
from emulation.tally import Tally
from emulation.throttle import Throttle
from emulation.words import failed, no_access, no_target, words

__all__ = ["Sender"]


class _TooLargeError(Exception):
    """Raised when a request is refused, and some of its records may pass in smaller ones."""


class Sender:
    """One connection to one destination."""

    def __init__(
        self,
        session: requests.Session,
        api: str,
        route: Route,
        tally: Tally,
        patience: Patience,
        throttles: Mapping[str, Throttle],
    ) -> None:
        """Take the `throttles`, one per event, that all connections to the destination share."""
        self._session = session
        self._api = api.rstrip("/")
        self._route = route
        self._tally = tally
        self._patience = patience
        self._throttles = throttles

    def send(self, event: str, records: Sequence[bytes]) -> bool:
        """Send `records` until each is settled.

        Returns:
            Whether all were acknowledged; false where some were refused.

        Raises:
            ApiError: If the API refuses all records there could be, or keeps failing.
        """
        acknowledged = [
            self._send_part(event, part) for part in parts(records, self._route.max_bytes)
        ]
        return all(acknowledged)

    def _send_part(self, event: str, records: Sequence[bytes]) -> bool:
        delivery = Delivery(event, records)
        try:
            self._patience.retrying(lambda: delivery.advanced_at)(self._attempt, delivery)
        except NotYetError as error:
            raise ApiError(self._gave_up(event, error)) from error
        except _TooLargeError:
            return self._send_in_halves(delivery)
        return not delivery.refused

    def _send_in_halves(self, delivery: Delivery) -> bool:
        self._tally.retried(delivery.event, len(delivery.pending))
        halves = batched(delivery.pending, (len(delivery.pending) + 1) // 2)
        acknowledged = [self._send_part(delivery.event, half) for half in halves]
        return all(acknowledged) and not delivery.refused

    def _attempt(self, delivery: Delivery) -> None:
        self._throttles[delivery.event].wait(len(delivery.pending), self._patience.stop)
        self._count_attempt(delivery)
        path = self._route.path(delivery.event)
        body = self._route.body(delivery.pending)
        answer = send(self._session, self._route.method, self._api + path, body)
        self._patience.answered = True
        if answer.status_code == HTTPStatus.OK:
            self._settle(delivery, answer.content)
        else:
            self._judge(delivery, answer)

    def _count_attempt(self, delivery: Delivery) -> None:
        if delivery.attempts:
            self._tally.retried(delivery.event, len(delivery.pending))
        else:
            delivery.advanced_at = time.monotonic()
        delivery.attempts += 1

    def _settle(self, delivery: Delivery, answer: bytes) -> None:
        """Count the records that are settled, and keep those that may pass the next time.

        Raises:
            NotYetError: If there are any of those.
        """
        sent = delivery.pending
        failures = self._route.failures(answer, len(sent))
        self._tally.acknowledged(delivery.event, len(sent) - len(failures))
        if not failures:
            return
        passing = {at: one for at, one in failures.items() if one.verdict is not Verdict.REFUSED}
        for at in failures.keys() - passing.keys():
            self._tally.refused(delivery.event, 1, failures[at].reason)
        delivery.keep([sent[at] for at in passing], len(failures) - len(passing))
        if any(one.verdict is Verdict.SLOWER for one in passing.values()):
            self._throttles[delivery.event].slow_down()
        if passing:
            reason = next(iter(passing.values())).reason
            raise NotYetError(f"{len(passing)} records not stored: {reason}")

    def _judge(self, delivery: Delivery, answer: requests.Response) -> None:
        """Do what an answer to a whole request asks for.

        Raises:
            NotYetError: If the records may be stored the next time.
            _TooLargeError: If they may be in smaller requests.
            ApiError: If the run cannot go on.
        """
        verdict = self._route.verdict(answer.status_code, answer.content)
        reason = f"{answer.status_code}: {words(answer)}"
        if verdict is Verdict.SMALLER and len(delivery.pending) > 1:
            raise _TooLargeError
        match verdict:
            case Verdict.SMALLER | Verdict.REFUSED:
                self._tally.refused(delivery.event, len(delivery.pending), reason)
                delivery.keep([], len(delivery.pending))
            case Verdict.AGAIN:
                raise NotYetError(reason)
            case Verdict.SLOWER:
                self._throttles[delivery.event].slow_down()
                raise NotYetError(reason)
            case Verdict.NO_ACCESS:
                raise ApiError(no_access(self._api, reason))
            case Verdict.NOT_FOUND:
                raise ApiError(no_target(self._api, self._route.target(delivery.event), reason))
            case Verdict.FAILED:
                raise ApiError(failed(self._api, delivery.event, answer))

    def _gave_up(self, event: str, error: NotYetError) -> str:
        if not self._patience.answered:
            return (
                f"No API answers at {self._api}: {error}. Start the stack with `make up`, or name "
                "another API with --api."
            )
        return (
            f"The API at {self._api} kept failing for a batch of {event} events to "
            f"{self._route.name}: {error}"
        )
