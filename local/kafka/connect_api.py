"""The part of Connect's REST interface that the local stack needs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
import requests
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from local.errors import StackError
from local.kafka.errors import ConnectBusyError, ConnectorFailedError, ConnectorRefusedError

__all__ = ["ConnectApi", "ConnectorStatus", "PartStatus"]

_ANSWER_SECONDS = 20
_BUSY_SECONDS = 30


class PartStatus(msgspec.Struct, frozen=True):
    """State of a connector or of one of its tasks; the trace is empty unless it has failed."""

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
        """Whether the connector runs, and at least one task, and every task."""
        states = {self.connector.state, *(task.state for task in self.tasks)}
        return bool(self.tasks) and states == {"RUNNING"}

    @property
    def failure(self) -> str | None:
        """Why the first part that has failed did; null if none has."""
        failed = (p.reasons for p in (self.connector, *self.tasks) if p.state == "FAILED")
        return next(failed, None)

    def require_not_failed(self) -> None:
        """Check that no part has failed.

        Raises:
            ConnectorFailedError: Raised when one has; holds the reasons.
        """
        if self.failure is not None:
            raise ConnectorFailedError(
                f"the connector {self.name} has failed; remove the cause, then `make up` "
                f"restarts it. The reasons, outermost first:\n{self.failure}"
            )


class ConnectApi:
    """One Connect cluster.

    Args:
        url: Base URL of the REST interface.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def put_connector(self, name: str, configuration: Mapping[str, str]) -> None:
        """Make the connector, or change its configuration; the same one again changes nothing.

        Raises:
            ConnectorRefusedError: Raised when Connect does not accept the configuration.
        """
        answer = self._request("PUT", f"/connectors/{name}/config", configuration)
        if not answer.ok:
            raise ConnectorRefusedError(
                f"Connect refused the connector {name} with {answer.status_code}: {_reason(answer)}"
            )

    def delete_connector(self, name: str) -> None:
        """Remove the connector; its committed offsets stay. Nothing happens if there is none."""
        answer = self._request("DELETE", f"/connectors/{name}")
        if answer.status_code != HTTPStatus.NOT_FOUND:
            answer.raise_for_status()

    def status(self, name: str) -> ConnectorStatus | None:
        """Return the connector's state; null while there is no such connector."""
        answer = self._request("GET", f"/connectors/{name}/status")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=ConnectorStatus)

    def restart_failed(self, name: str) -> None:
        """Restart what has failed of the connector and its tasks; what runs is left alone."""
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
                method, f"{self._url}{path}", json=body, timeout=_ANSWER_SECONDS
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
