"""`python -m local.services up | down | status`."""

from __future__ import annotations

import typer
from rich.console import Console

from local import command
from local.secrets import Secrets
from local.services.stack import all_services
from local.services.status import live_status, status_table
from local.settings import Settings
from local.supervisor import daemon
from local.supervisor.state import StackState

app = typer.Typer(help="The local environment: all services on one machine.", no_args_is_help=True)
console = Console()


@app.command()
def up() -> None:
    """Start every service that does not run, and wait until all are ready."""
    settings = Settings()
    with live_status(console, settings) as show:
        daemon.begin(settings, show)


@app.command()
def down() -> None:
    """Stop every service; leaves no process."""
    stopped = daemon.end(Settings())
    console.print("The stack is down." if stopped else "The stack was not up.")


@app.command()
def status() -> None:
    """Show each service: address, pid, health and log.

    Raises:
        Exit: Raised with 1 unless all are healthy.
    """
    settings = Settings()
    state = StackState.of_running(settings.state)
    if state is None:
        console.print("The stack is not up; `make up` starts it.")
        raise typer.Exit(1)
    console.print(status_table(settings, state))
    if not all(service.healthy for service in state.services):
        console.print("`make up` starts what has ended; the logs tell why.")
        raise typer.Exit(1)


@app.command()
def api_key() -> None:
    """Print the API key, for `export PINTEREST_API_KEY=$(make -s api-key)`."""
    typer.echo(Secrets.of(Settings().state).api_key)


@app.command(hidden=True)
def supervise() -> None:
    """Run the supervisor in the foreground."""
    settings = Settings()
    daemon.supervise(settings, all_services(settings))


if __name__ == "__main__":
    command.run(app)
