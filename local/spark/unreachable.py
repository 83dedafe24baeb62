"""A session that says soon that its server is gone: by itself it would try for ten minutes."""

from __future__ import annotations

import math
import time

import grpc  # type: ignore[import-untyped]  # untyped library
from pyspark.sql.connect.client import SparkConnectClient
from pyspark.sql.connect.client.retries import RetryPolicy, RetryPolicyState

from local.errors import StackError

__all__ = ["SparkUnreachableError", "fail_soon"]

_SECONDS = 55.0
"""Enough for `make up` to bring the server back, and for gRPC to look for it again (up to 52 s)."""
_APART_SECONDS = 5.0
"""Failures that are further apart than this belong to two outages."""


class SparkUnreachableError(StackError):
    """Raised when no Spark server answers at the address of a session."""


def fail_soon(client: SparkConnectClient, address: str, *, seconds: float = _SECONDS) -> None:
    """Have a session's client raise when the server has not answered it for `seconds`.

    What is raised is a `SparkUnreachableError` that names `address`.
    """
    client.set_retry_policies([_WhileGone(address, seconds), *client.get_retry_policies()])


class _WhileGone(RetryPolicy):
    """Tries every second, until the outage has lasted too long: then each call fails at once."""

    def __init__(self, address: str, seconds: float) -> None:
        super().__init__(initial_backoff=50, backoff_multiplier=4, max_backoff=1_000)
        self._address = address
        self._seconds = seconds
        self._began = self._failed = -math.inf

    def can_retry(self, exception: BaseException) -> bool:
        unavailable = grpc.StatusCode.UNAVAILABLE
        return isinstance(exception, grpc.RpcError) and exception.code() == unavailable

    def to_state(self) -> RetryPolicyState:
        return _Trying(self)

    def failed(self, exception: BaseException | None) -> None:
        """Take note of a failed call.

        Raises:
            SparkUnreachableError: Raised when the outage has lasted too long.
        """
        now = time.monotonic()
        if now - self._failed > _APART_SECONDS:
            self._began = now
        self._failed = now
        if now - self._began >= self._seconds:
            reason = exception.details() if isinstance(exception, grpc.Call) else exception
            raise SparkUnreachableError(
                f"Expected the Spark server at {self._address} to answer; it has not for "
                f"{self._seconds:g} s ({reason}). Bring it back with `make up`, then run the same "
                "command again: what is done stays done."
            ) from None


class _Trying(RetryPolicyState):
    """The attempts of one call."""

    def __init__(self, policy: _WhileGone) -> None:
        super().__init__(policy)
        self._gone = policy

    def next_attempt(self, exception: BaseException | None = None) -> int | None:
        self._gone.failed(exception)
        return super().next_attempt(exception)
