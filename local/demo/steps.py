"""The steps of the demo, each shown while it works and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException
from pyspark.errors import PySparkException
from rich.console import Console

from local.demo.errors import DemoError

__all__ = ["Steps"]

_SERVICE_ERRORS = (PySparkException, BotoCoreError, ClientError, KafkaException)


class Steps:
    """Announces each step on the terminal and keeps how long it took.

    Attributes:
        seconds: Duration of each step that ended, by its title.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str, *, busy: bool = False) -> Iterator[None]:
        """Time what happens within; `busy` shows a moving sign, for work that shows nothing.

        Raises:
            DemoError: Raised when a service failed in it; holds what the service's client says.
        """
        self._console.rule(f"[bold]{title}", align="left", style="dim")
        begun = time.monotonic()
        try:
            with self._console.status(title) if busy else nullcontext():
                yield
        except _SERVICE_ERRORS as error:
            raise DemoError(
                f"{title} failed: {error}\n`make status` names the services with their logs, "
                "`make up` starts what has ended; then run the same again"
            ) from error
        self.seconds[title] = time.monotonic() - begun
        self._console.print(f"[dim]{self.seconds[title]:.1f} s")
