"""Clients of the local cluster or of databricks-connect, and what they do without their server."""

from __future__ import annotations

import math
import time
from importlib import import_module
from typing import TYPE_CHECKING

import grpc  # type: ignore[import-untyped]  # untyped library
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import SparkConnectClient
from pyspark.sql.connect.client.retries import RetryPolicy, RetryPolicyState

from local.errors import StackError

if TYPE_CHECKING:  # in a kernel, a job's wheel takes the place of the library that they import
    from local.secrets import Secrets
    from local.settings import Settings

__all__ = ["SparkUnreachableError", "connect", "databricks_session", "fail_fast", "remote"]

_OUTAGE_SECONDS = 55.0
"""Enough for `make up` to restart the server, and for gRPC to find it again (up to 52 s)."""
_NEW_OUTAGE_SECONDS = 5.0
"""A failure that is further apart from the last one than this begins a new outage."""


class SparkUnreachableError(StackError):
    """Raised when no Spark server answers at the address of a session."""


def remote(settings: Settings) -> str:
    """Return the server's address for `SPARK_REMOTE`, without the token.

    The host is `localhost`, not `127.0.0.1`: for any other host, a client that has a token uses TLS
    and hangs.
    """
    return f"sc://localhost:{settings.spark_port}"


def connect(settings: Settings, secrets: Secrets) -> SparkSession:
    """Return a new session on the server of `settings`; it fails fast when the server is gone."""
    address = remote(settings)
    session = SparkSession.builder.remote(f"{address}/;token={secrets.spark_token}").create()
    fail_fast(session.client, address)
    return session


def databricks_session() -> SparkSession | None:
    """Return the session of databricks-connect; null where it is not installed.

    Its server is that of `SPARK_REMOTE`, or else the compute of the user's Databricks profile or
    `DATABRICKS_…` variables.
    """
    try:
        module = import_module("databricks.connect")
    except ModuleNotFoundError:
        return None
    session: SparkSession = module.DatabricksSession.builder.getOrCreate()
    return session


def fail_fast(
    client: SparkConnectClient, address: str, *, seconds: float = _OUTAGE_SECONDS
) -> None:
    """Let `client` raise when the server has not answered for `seconds`; by default it is 10 min.

    The error is a `SparkUnreachableError` that names `address`.
    """
    client.set_retry_policies([_OutagePolicy(address, seconds), *client.get_retry_policies()])


class _OutagePolicy(RetryPolicy):
    """Retries every second until the outage lasts too long; then each call fails at once."""

    def __init__(self, address: str, seconds: float) -> None:
        super().__init__(initial_backoff=50, backoff_multiplier=4, max_backoff=1_000)
        self._address = address
        self._seconds = seconds
        self._began_at = self._failed_at = -math.inf

    def can_retry(self, exception: BaseException) -> bool:
        unavailable = grpc.StatusCode.UNAVAILABLE
        return isinstance(exception, grpc.RpcError) and exception.code() == unavailable

    def to_state(self) -> RetryPolicyState:
        return _OutageState(self)

    def note_failure(self, exception: BaseException | None) -> None:
        """Note a failed call.

        Raises:
            SparkUnreachableError: Raised when the outage has lasted too long.
        """
        now = time.monotonic()
        if now - self._failed_at > _NEW_OUTAGE_SECONDS:
            self._began_at = now
        self._failed_at = now
        if now - self._began_at >= self._seconds:
            reason = exception.details() if isinstance(exception, grpc.Call) else exception
            raise SparkUnreachableError(
                f"Expected the Spark server at {self._address} to answer; it has not for "
                f"{self._seconds:g} s ({reason}). Restart it with `make up`, then rerun the "
                "command: completed work is kept."
            ) from None


class _OutageState(RetryPolicyState):
    """The attempts of one call."""

    def __init__(self, policy: _OutagePolicy) -> None:
        super().__init__(policy)
        self._outage = policy

    def next_attempt(self, exception: BaseException | None = None) -> int | None:
        self._outage.note_failure(exception)
        return super().next_attempt(exception)
