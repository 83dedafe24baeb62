"""What the supervisor must know of a service to start, check and stop it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Service"]


def _nothing() -> None:
    """Most services need no preparation."""


@dataclass(frozen=True)
class Service:
    """One process that listens on one loopback port.

    Attributes:
        name: Name in tables, of the log file, and in `needs`.
        command: Program and arguments. Never a secret: those go into `environment` or a file.
        port: The loopback port it is to listen on; it is ready no sooner than its own process does.
        other_ports: More loopback ports that it opens, by the variable that moves each.
        health_url: Ready when this answers 200; null where listening is enough.
        environment: Variables added to those of the supervisor.
        without: Variables taken away from those of the supervisor.
        needs: Names of services that must be ready before this one starts.
        prepare: Called before each start; idempotent.
        after_start: Called when the service is ready; idempotent.
        start_seconds: Deadline for getting ready.
        stop_seconds: Deadline for a graceful stop (SIGTERM); then SIGKILL.
        parent_death_signal: What it gets when the supervisor itself is killed.
    """

    name: str
    command: Sequence[str]
    port: int
    other_ports: Mapping[str, int] = field(default_factory=dict)
    health_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    needs: Sequence[str] = ()
    prepare: Callable[[], None] = _nothing
    after_start: Callable[[], None] = _nothing
    start_seconds: float = 60
    stop_seconds: float = 15
    parent_death_signal: signal.Signals = signal.SIGTERM
