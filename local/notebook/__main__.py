"""`python -m local.notebook run | jupyter`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local import command
from local.environment import Environment
from local.notebook.job_parameters import job_parameters
from local.notebook.jupyter import jupyter_url, start_jupyter
from local.notebook.runner import run_notebook

app = typer.Typer(help="Notebooks on the local environment.", no_args_is_help=True)
console = Console()


@app.command()
def run(
    notebook: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An .ipynb file.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", help="A widget's value, as name=value. Repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for the executed notebook.")] = None,
    timeout_seconds: Annotated[float | None, typer.Option(help="No limit by default.")] = None,
) -> None:
    """Run a notebook and print its exit value.

    Without `-p`, a widget has the value that the bundle's job passes on this machine.

    Raises:
        Exit: Raised with 1 when the notebook failed.
    """
    environment = Environment()
    of_job = job_parameters(environment.settings).get(notebook.stem, {})
    result = run_notebook(
        notebook,
        {**of_job, **_parameters(parameter or [])},
        environment,
        output or environment.settings.state / "runs",
        timeout_seconds=timeout_seconds,
    )
    if result.error:
        console.print(f"{notebook.name} failed in {result.error}", markup=False, highlight=False)
    summary = f"{result.html_path} ({result.duration_seconds:.1f} s)"
    console.print(summary, markup=False, soft_wrap=True)
    if result.exit_value is not None:
        typer.echo(result.exit_value)
    raise typer.Exit(1 if result.error else 0)


@app.command()
def jupyter() -> None:
    """Start JupyterLab on the notebooks; Ctrl-C stops it."""
    environment = Environment()
    console.print(f"Open {jupyter_url(environment)}", soft_wrap=True, highlight=False)
    console.print("[dim]Ctrl-C stops JupyterLab; the services keep running.")
    start_jupyter(environment)


def _parameters(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (name, equals, _) in zip(texts, pairs, strict=True):
        if not (name and equals):
            raise typer.BadParameter(f"expected -p name=value; got -p {text!r}.")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    command.run(app)
