"""`python -m local.notebook run | jupyter`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local import command
from local.notebook.jupyter import jupyter_url, start_jupyter
from local.notebook.runner import run_notebook
from local.secrets import Secrets
from local.settings import Settings

app = typer.Typer(help="Notebooks on the local environment.", no_args_is_help=True)
console = Console()


@app.command()
def run(
    notebook: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An .ipynb file.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", help="A widget's value, as name=value. Repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Where the executed notebook goes.")] = None,
    timeout_seconds: Annotated[float | None, typer.Option(help="No limit by default.")] = None,
) -> None:
    """Run a notebook; show what it exits with.

    Raises:
        Exit: Raised with 1 when the notebook failed.
    """
    settings = Settings()
    ran = run_notebook(
        notebook,
        _parameters(parameter or []),
        settings,
        Secrets.of(settings.state),
        output or settings.state / "runs",
        timeout_seconds=timeout_seconds,
    )
    if ran.error:
        console.print(f"{notebook.name} failed in {ran.error}", markup=False, highlight=False)
    console.print(f"{ran.html_path} ({ran.duration_seconds:.1f} s)", markup=False, soft_wrap=True)
    if ran.exit_value is not None:
        typer.echo(ran.exit_value)
    raise typer.Exit(1 if ran.error else 0)


@app.command()
def jupyter() -> None:
    """Start JupyterLab over the notebooks, until Ctrl-C."""
    settings = Settings()
    secrets = Secrets.of(settings.state)
    console.print(f"Open {jupyter_url(settings, secrets)}", soft_wrap=True, highlight=False)
    console.print("[dim]Ctrl-C ends JupyterLab; the stack stays up.")
    start_jupyter(settings, secrets)


def _parameters(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (name, equals, _) in zip(texts, pairs, strict=True):
        if not (name and equals):
            raise typer.BadParameter(f"expected -p name=value; got -p {text!r}.")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    command.run(app)
