"""Kafka Connect: a client of its REST interface, and the landing connector of one user."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

import msgspec
import requests
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from local.errors import StackError
from local.supervisor.waiting import wait_until

__all__ = [
    "CONNECT_USER",
    "ConnectApi",
    "ConnectBusyError",
    "ConnectorFailedError",
    "ConnectorRefusedError",
    "ConnectorStatus",
    "PartStatus",
    "connector_name",
    "consumer_group",
    "start_connector",
]

CONNECT_USER = "pinterest"
"""The only user of the REST interface."""

_ANSWER_SECONDS = 20
_BUSY_SECONDS = 30
_RUNNING_SECONDS = 60
_RESTART_SECONDS = 10


class ConnectBusyError(StackError):
    """Raised when Connect rebalances for too long to accept a request."""


class ConnectorRefusedError(StackError):
    """Raised when Connect rejects a connector's configuration; contains its answer."""


class ConnectorFailedError(StackError):
    """Raised when a connector or one of its tasks has failed; contains the reasons."""


class PartStatus(msgspec.Struct, frozen=True):
    """State of a connector or of one of its tasks; the trace is empty unless it failed."""

    state: str
    id: int | None = None
    trace: str = ""

    @property
    def reasons(self) -> str:
        """The exceptions of the trace, outermost first, without their stack frames."""
        return "\n".join(line for line in self.trace.splitlines() if not line.startswith("\t"))


class ConnectorStatus(msgspec.Struct, frozen=True):
    """State of a connector and of its tasks."""

    name: str
    connector: PartStatus
    tasks: list[PartStatus]

    @property
    def is_running(self) -> bool:
        """Whether the connector and all its tasks run; it needs at least one task."""
        states = {self.connector.state, *(task.state for task in self.tasks)}
        return bool(self.tasks) and states == {"RUNNING"}

    @property
    def failure(self) -> str | None:
        """The reasons of the first failed part; null if no part has failed."""
        failed = (p.reasons for p in (self.connector, *self.tasks) if p.state == "FAILED")
        return next(failed, None)

    def require_not_failed(self) -> None:
        """Check that no part has failed.

        Raises:
            ConnectorFailedError: Raised when one has; contains the reasons.
        """
        if self.failure is not None:
            raise ConnectorFailedError(
                f"the connector {self.name} has failed; remove the cause, then `make up` "
                f"restarts it. The reasons, outermost first:\n{self.failure}"
            )


class ConnectApi:
    """A client of one Connect cluster.

    Args:
        url: Base URL of the REST interface.
        password: The password of `CONNECT_USER`.
    """

    def __init__(self, url: str, password: str) -> None:
        self._url = url
        self._auth = (CONNECT_USER, password)

    def put_connector(self, name: str, configuration: Mapping[str, str]) -> None:
        """Create the connector or change its configuration; idempotent.

        Raises:
            ConnectorRefusedError: Raised when Connect rejects the configuration.
        """
        answer = self._request("PUT", f"/connectors/{name}/config", configuration)
        if not answer.ok:
            raise ConnectorRefusedError(
                f"Connect refused the connector {name} with {answer.status_code}: {_reason(answer)}"
            )

    def delete_connector(self, name: str) -> None:
        """Remove the connector if it exists; its committed offsets stay."""
        answer = self._request("DELETE", f"/connectors/{name}")
        if answer.status_code != HTTPStatus.NOT_FOUND:
            answer.raise_for_status()

    def status(self, name: str) -> ConnectorStatus | None:
        """Return the connector's state; null if it does not exist."""
        answer = self._request("GET", f"/connectors/{name}/status")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=ConnectorStatus)

    def restart_failed(self, name: str) -> None:
        """Restart the failed parts of the connector; running parts are not affected."""
        self._request(
            "POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true"
        ).raise_for_status()

    @retry(
        retry=retry_if_exception_type(ConnectBusyError),
        wait=wait_fixed(0.2),
        stop=stop_after_delay(_BUSY_SECONDS),
        reraise=True,
    )
    def _request(
        self, method: str, path: str, body: Mapping[str, str] | None = None
    ) -> requests.Response:
        try:
            answer = requests.request(
                method, f"{self._url}{path}", json=body, auth=self._auth, timeout=_ANSWER_SECONDS
            )
        except requests.RequestException as error:
            raise StackError(
                f"Kafka Connect does not answer at {self._url}: {error}; is it running?"
            ) from error
        if answer.status_code == HTTPStatus.CONFLICT:
            raise ConnectBusyError(f"Kafka Connect rebalances: {_reason(answer)}; try again")
        return answer


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (requests.JSONDecodeError, KeyError):
        return answer.text


def connector_name(user_id: str) -> str:
    """Return the name of the connector that lands the topics of `user_id`."""
    return f"landing-{user_id}"


def consumer_group(user_id: str) -> str:
    """Return the consumer group that commits the offsets of landed records."""
    return f"connect-{connector_name(user_id)}"


def start_connector(connect: ConnectApi, user_id: str, configuration: Mapping[str, str]) -> None:
    """Start the connector of `user_id`, and its failed parts; return when it runs. Idempotent.

    Raises:
        ConnectorRefusedError: Raised when Connect rejects the configuration.
        ConnectorFailedError: Raised when the connector or a task fails.
        StackError: Raised when the connector does not run by the deadline.
    """
    name = connector_name(user_id)
    connect.put_connector(name, configuration)
    wait_until(
        lambda: connect.status(name), seconds=_RUNNING_SECONDS, description=f"the connector {name}"
    )
    if _has_failed(connect, name):
        connect.restart_failed(name)
        with suppress(StackError):  # it has failed again: the last wait raises the reasons
            wait_until(
                lambda: not _has_failed(connect, name),  # the status is delayed
                seconds=_RESTART_SECONDS,
                description=f"{name} to restart",
            )
    wait_until(
        lambda: _runs(connect, name),
        seconds=_RUNNING_SECONDS,
        description=f"the connector {name} and its tasks to run, see the log of Kafka Connect",
    )


def _has_failed(connect: ConnectApi, name: str) -> bool:
    status = connect.status(name)
    return status is not None and status.failure is not None


def _runs(connect: ConnectApi, name: str) -> bool:
    status = connect.status(name)
    if status is None:
        return False
    status.require_not_failed()
    return status.is_running
