"""What the supervisor must know about a service to start, check and stop it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["HOST", "Service"]

HOST = "127.0.0.1"
"""Every service listens on loopback only."""


def _do_nothing() -> None:
    """Most services need no preparation."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process that listens on loopback ports.

    Attributes:
        name: Name in tables, in `depends_on` and of the log file.
        command: Program and arguments. Pass secrets in `environment` or in a file, never here.
        ports: Loopback ports, by the environment variable that changes each. The process must
            itself listen on the first one before it counts as ready.
        health_url: The service is ready when this URL answers 200; null if listening is enough.
        environment: Variables added to those of the supervisor.
        unset_env: Names of variables removed from those of the supervisor.
        depends_on: Names of services that must be ready before this one starts.
        prepare: Called before each start; idempotent.
        on_ready: Called when the service answers; idempotent.
        start_seconds: Deadline for becoming ready.
        stop_seconds: Deadline for a graceful stop (SIGTERM); SIGKILL follows.
        parent_death_signal: The signal that Linux sends when the supervisor itself is killed.
    """

    name: str
    command: Sequence[str]
    ports: Mapping[str, int]
    health_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    unset_env: Sequence[str] = ()
    depends_on: Sequence[str] = ()
    prepare: Callable[[], object] = _do_nothing
    on_ready: Callable[[], object] = _do_nothing
    start_seconds: float = 60
    stop_seconds: float = 15
    parent_death_signal: signal.Signals = signal.SIGTERM

    @property
    def port(self) -> int:
        """The port that decides whether the service is ready."""
        return next(iter(self.ports.values()))
