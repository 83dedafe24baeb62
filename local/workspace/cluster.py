"""The workspace's own session on the Spark server, opened when it is needed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.environment import Environment
from local.settings import HOST
from local.workspace.errors import ApiError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Cluster"]


class Cluster:
    """Runs short work on the Spark server, one at a time, outside the event loop."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._session: SparkSession | None = None
        self._thread = ThreadPoolExecutor(1, "spark")

    def is_up(self) -> bool:
        """Return whether a Spark server listens."""
        try:
            socket.create_connection((HOST, self._environment.settings.spark_port), 1).close()
        except OSError:
            return False
        return True

    async def run[T](self, work: Callable[[SparkSession], T]) -> T:
        """Return the result of `work`.

        Raises:
            ApiError: Raised when no Spark server answers, or the statement fails.
        """
        if not self.is_up():
            port = self._environment.settings.spark_port
            raise ApiError(
                400,  # clients would repeat a request for minutes after 503
                "INVALID_STATE",
                f"No Spark server answers on port {port}. Start the stack with `make up`.",
            )
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run[T](self, work: Callable[[SparkSession], T]) -> T:
        from pyspark.errors import PySparkException  # noqa: PLC0415  # slow to import

        from local.spark.session import connect  # noqa: PLC0415  # the same

        environment = self._environment
        try:
            if self._session is None:
                self._session = connect(environment.settings, environment.secrets)
            return work(self._session)
        except PySparkException as error:
            # After a restart of the server, the session is unknown to it.
            self._session = None
            text = str(error).partition("\n\nJVM stacktrace:")[0]
            raise ApiError(400, "BAD_REQUEST", f"Spark: {text}") from error
