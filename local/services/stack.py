"""The services of the local stack in start order, and how to start, stop and show them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from local.secrets import Secrets
from local.services import api_gateway, spark, workspace
from local.services.kafka import broker, connect, kafka_rest
from local.services.ministack import kinesis, s3
from local.settings import HOST, ROOT, Settings, variable
from local.supervisor import daemon
from local.supervisor.process import Service
from local.supervisor.state import ServiceState, StackState

__all__ = ["all_services", "start_stack", "status_table", "supervise_stack"]

_SERVICES = (
    s3,
    kinesis,
    broker,
    kafka_rest,
    connect,
    api_gateway.service,
    spark.service,
    workspace.service,
)
_UNUSED_SETTINGS = frozenset({variable("jupyter_port"), variable("stream_schema_name")})
"""Variables that no service reads. They may change while the stack is up."""


def all_services(settings: Settings, secrets: Secrets) -> list[Service]:
    """Return every service of the stack, dependencies first."""
    return [service(settings, secrets) for service in _SERVICES]


def start_stack(settings: Settings, console: Console) -> None:
    """Start all services, or restart stopped and broken ones; show them until all are ready.

    Raises:
        StackError: Raised when a service cannot start, or the stack is up with other settings.
    """
    background = daemon.Daemon(
        state=settings.state,
        logs=settings.logs,
        environment=_service_variables(settings),
        command=[sys.executable, "-m", "local.services", "supervise"],
        working_folder=ROOT,
    )
    try:
        with Live(console=console, refresh_per_second=4) as live:
            daemon.start(background, lambda state: live.update(status_table(state, settings)))
    finally:
        if not console.is_terminal:
            console.line()  # Live ends the last line on terminals only


def supervise_stack(settings: Settings) -> None:
    """Run as the supervisor of the stack until SIGTERM.

    Raises:
        StackError: Raised when the state folder has a supervisor already.
    """
    daemon.supervise(
        all_services(settings, Secrets.of(settings.state)),
        state=settings.state,
        logs=settings.logs,
        environment=_service_variables(settings),
    )


def status_table(state: StackState, settings: Settings) -> Table:
    """Return a table with one row per service: address, pid, health, log."""
    table = Table(title=f"The stack in {escape(_short(settings.state))}", title_justify="left")
    for name in ("service", "address", "pid", "health", "log"):
        table.add_column(name, justify="right" if name == "pid" else "left", overflow="fold")
    for service in state.services:
        table.add_row(
            service.name,
            f"{HOST}:{service.port}",
            str(service.pid or ""),
            _health(service),
            str(service.log.relative_to(settings.state)),
        )
    return table


def _service_variables(settings: Settings) -> dict[str, str]:
    variables = settings.variables.items()
    return {name: value for name, value in variables if name not in _UNUSED_SETTINGS}


def _health(service: ServiceState) -> str:
    if service.phase == "ended":
        return f"[red]ended ({service.exit_code})"
    if service.phase == "ready":
        return "[green]healthy" if service.healthy else "[red]does not answer"
    return f"[yellow]{service.phase}"


def _short(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
