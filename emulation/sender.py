"""Sends the records of one event until each is acknowledged or refused."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import batched
from typing import Protocol
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from emulation.errors import ApiError
from emulation.kafka_route import RETRIABLE, RecordError
from emulation.tally import Tally

__all__ = ["READ_SECONDS", "Patience", "Route", "Sender", "open_session"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0
"""Longer than the 29 s after which API Gateway answers 504 by itself."""
FIRST_CONTACT_SECONDS = 5.0
"""How long an API that has not answered once is asked again."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_REFUSED = {HTTPStatus.BAD_REQUEST, _TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
"""Said of the request's own records; others may pass."""
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class Route(Protocol):
    """What differs between the places that records are sent to."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of each request."""

    def target(self, event: str) -> str:
        """Return the name of the topic or stream of `event`."""

    def path(self, event: str) -> str:
        """Return the path below the API's base URL."""

    def record(self, index: int, payload: bytes) -> bytes:
        """Return the record of one event."""

    def body(self, records: Sequence[bytes]) -> bytes:
        """Return the body of a request that holds `records`."""

    def outcomes(self, answer: bytes, records: int) -> list[RecordError]:
        """Return what became of each record."""


class _NotYetError(Exception):
    """Raised when records were not stored this time but may be the next."""


class _TooLargeError(Exception):
    """Raised when a request is refused for its size, and its records may pass in smaller ones."""


class Patience:
    """How long one request is repeated; shared by all connections of a run."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self.answered = False
        """Whether the API has answered at all: one that has never is likely not there."""
        self._seconds = seconds
        self._stop = stop

    def retrying(self) -> tenacity.Retrying:
        """Return the plan of one request: exponential back-off with full jitter."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NotYetError),
            wait=tenacity.wait_random_exponential(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS),
            stop=self._over,
            sleep=tenacity.sleep_using_event(self._stop),
            reraise=True,
        )

    def _over(self, state: tenacity.RetryCallState) -> bool:
        if self._stop.is_set():
            return True
        waited = state.seconds_since_start or 0.0
        limit = self._seconds if self.answered else min(FIRST_CONTACT_SECONDS, self._seconds)
        return waited >= limit


def open_session(api: str, api_key: str, headers: Mapping[str, str]) -> requests.Session:
    """Return a session that keeps one connection to `api` alive."""
    session = requests.Session()
    session.headers.update({**headers, "x-api-key": api_key})
    session.trust_env = not _is_loopback(api)
    session.mount(api, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session


def _is_loopback(api: str) -> bool:
    """Return whether `api` is this machine, to which no proxy leads."""
    host = urlsplit(api).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Sender:
    """One connection to the API."""

    def __init__(
        self,
        session: requests.Session,
        api: str,
        route: Route,
        tally: Tally,
        patience: Patience,
    ) -> None:
        self._session = session
        self._api = api.rstrip("/")
        self._route = route
        self._tally = tally
        self._patience = patience

    def send(self, event: str, records: Sequence[bytes]) -> bool:
        """Send `records` until each is settled.

        Returns:
            Whether all were acknowledged; false where some were refused.

        Raises:
            ApiError: If the API refuses all records there could be, or keeps failing.
        """
        delivery = _Delivery(event, records)
        try:
            self._patience.retrying()(self._attempt, delivery)
        except _NotYetError as error:
            raise ApiError(self._gave_up(event, error)) from error
        except _TooLargeError:
            return self._send_in_halves(delivery)
        return not delivery.refused

    def _send_in_halves(self, delivery: _Delivery) -> bool:
        self._tally.retried(delivery.event, len(delivery.pending))
        halves = batched(delivery.pending, (len(delivery.pending) + 1) // 2)
        acknowledged = [self.send(delivery.event, half) for half in halves]
        return all(acknowledged) and not delivery.refused

    def _attempt(self, delivery: _Delivery) -> None:
        if delivery.attempts:
            self._tally.retried(delivery.event, len(delivery.pending))
        delivery.attempts += 1
        answer = self._post(delivery)
        self._patience.answered = True
        if answer.status_code == HTTPStatus.OK:
            self._settle(delivery, answer.content)
        elif answer.status_code == _TOO_LARGE and len(delivery.pending) > 1:
            raise _TooLargeError
        elif answer.status_code in _REFUSED:
            self._refuse(delivery, f"{answer.status_code}: {_words(answer)}")
        else:
            raise self._failure(delivery.event, answer)

    def _post(self, delivery: _Delivery) -> requests.Response:
        try:
            return self._session.post(
                self._api + self._route.path(delivery.event),
                data=self._route.body(delivery.pending),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise ApiError(f"No trusted connection to {self._api}: {error}") from error
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise _NotYetError(f"no answer ({_cause(error)})") from error
        except (requests.RequestException, ValueError) as error:
            raise ApiError(f"The API at {self._api} cannot be asked: {error}") from error

    def _settle(self, delivery: _Delivery, answer: bytes) -> None:
        """Count the records that are settled, and keep those that may pass the next time.

        Raises:
            _NotYetError: If there are any of those.
        """
        outcomes = self._route.outcomes(answer, len(delivery.pending))
        stored = sum(outcome.error_code is None for outcome in outcomes)
        self._tally.acknowledged(delivery.event, stored)
        if stored == len(outcomes):
            return
        failed = [
            pair
            for pair in zip(delivery.pending, outcomes, strict=True)
            if pair[1].error_code is not None
        ]
        for _, outcome in failed:
            if outcome.error_code not in RETRIABLE:
                delivery.refused += 1
                self._tally.refused(delivery.event, 1, f"{outcome.error_code}: {outcome.error}")
        delivery.pending = [record for record, outcome in failed if outcome.error_code in RETRIABLE]
        if delivery.pending:
            raise _NotYetError(f"{len(delivery.pending)} records not stored: {failed[0][1].error}")

    def _refuse(self, delivery: _Delivery, reason: str) -> None:
        delivery.refused += len(delivery.pending)
        self._tally.refused(delivery.event, len(delivery.pending), reason)

    def _failure(self, event: str, answer: requests.Response) -> Exception:
        status, words = answer.status_code, _words(answer)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _NotYetError(f"{status}: {words}")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return ApiError(
                f"The API at {self._api} does not take this key ({status}: {words}). Set "
                "PINTEREST_API_KEY to the key of the API's usage plan, and check that --api ends "
                "with the API's stage, as in http://127.0.0.1:18080/prod."
            )
        if status == HTTPStatus.NOT_FOUND:
            return ApiError(
                f"{self._route.target(event)} does not exist behind {self._api} ({words}). "
                "--user-id is the first part of the name: use the one the stack was started "
                "with (PINTEREST_USER_ID)."
            )
        return ApiError(f"The API at {self._api} answered {status} to a {event} event: {words}")

    def _gave_up(self, event: str, error: _NotYetError) -> str:
        if not self._patience.answered:
            return (
                f"No API answers at {self._api}: {error}. Start the stack with `make up`, or name "
                "another API with --api."
            )
        return f"The API at {self._api} kept failing for a batch of {event} events: {error}"


class _Delivery:
    """The records of one request that are not settled yet."""

    def __init__(self, event: str, records: Sequence[bytes]) -> None:
        self.event = event
        self.pending = records
        self.attempts = 0
        self.refused = 0


def _words(answer: requests.Response) -> str:
    """Return the message of the API's answer; where it has none, the beginning of the body."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200].strip() or answer.reason or "no reason given"


def _cause(error: Exception) -> str:
    """Return the innermost reason: requests and urllib3 wrap it in sentences of their own."""
    reason: BaseException = error
    while inner := (reason.__cause__ or reason.__context__):
        reason = inner
    return str(reason) or type(reason).__name__
