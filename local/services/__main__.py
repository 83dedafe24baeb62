"""`python -m local.services up | down | status | api-key | workspace | databricks-env`."""

from __future__ import annotations

import typer
from rich.console import Console

from local import command
from local.plain_paths import remove_links
from local.secrets import Secrets
from local.services.stack import start_stack, status_table, supervise_stack
from local.settings import Settings
from local.supervisor import daemon
from local.supervisor.state import StackState

app = typer.Typer(help="The local environment: all services on one machine.", no_args_is_help=True)
console = Console()


@app.command()
def up() -> None:
    """Start all services, or restart stopped and broken ones; return when all are ready."""
    start_stack(Settings(), console)


@app.command()
def down() -> None:
    """Stop every service; no process remains."""
    stopped = daemon.stop(Settings().state)
    remove_links()
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
    console.print(status_table(state, settings))
    if not all(service.healthy for service in state.services):
        console.print("`make up` restarts stopped services; their logs contain the reason.")
        raise typer.Exit(1)


@app.command()
def api_key() -> None:
    """Print the API key, for `export PINTEREST_API_KEY=$(make -s api-key)`."""
    typer.echo(Secrets.of(Settings().state).api_key)


@app.command()
def workspace() -> None:
    """Print the address of the local workspace, and how to reach it with Databricks' tools."""
    settings = Settings()
    token = Secrets.of(settings.state).workspace_token
    typer.echo(f"Open {settings.workspace_url}/login?token={token}")
    typer.echo("For the Databricks CLI, the SDK and Airflow:")
    databricks_env()


@app.command()
def databricks_env() -> None:
    """Print the variables of the local workspace, for `eval "$(make -s databricks-env)"`."""
    settings = Settings()
    typer.echo(f"export DATABRICKS_HOST={settings.workspace_url}")
    typer.echo(f"export DATABRICKS_TOKEN={Secrets.of(settings.state).workspace_token}")


@app.command(hidden=True)
def supervise() -> None:
    """Run the supervisor in the foreground."""
    supervise_stack(Settings())


if __name__ == "__main__":
    command.run(app)
