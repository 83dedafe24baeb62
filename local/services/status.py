"""The stack as a table on the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from local.settings import HOST, Settings
from local.supervisor.state import ServiceState, StackState

__all__ = ["live_status", "status_table"]


@contextmanager
def live_status(console: Console, settings: Settings) -> Iterator[Callable[[StackState], None]]:
    """Show the state of the stack as it changes.

    Yields:
        What to call with each new state.
    """
    try:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda state: live.update(status_table(settings, state))
    finally:
        if not console.is_terminal:
            console.line()  # Live ends the last line on terminals only


def status_table(settings: Settings, state: StackState) -> Table:
    """Return one row per service: address, pid, health, log."""
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


def _health(service: ServiceState) -> str:
    if service.phase == "ended":
        return f"[red]ended ({service.exit_code})"
    if service.phase == "ready":
        return "[green]healthy" if service.healthy else "[red]does not answer"
    return f"[yellow]{service.phase}"


def _short(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
