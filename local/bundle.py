"""Deploys the bundle to the local workspace and runs it with the real Databricks CLI.

`python -m local.bundle run` needs the variables that `make databricks-env` prints.
`python -m local.bundle cli` prints the path of the CLI, which is a target of the Makefile.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import typer

from local import command
from local.errors import StackError
from local.settings import BUILD, HOST, ROOT, Settings

__all__ = ["cli_environment", "databricks_cli", "deploy_and_run"]

_BUILT = BUILD / "databricks" / "databricks"
_TARGET = "local"
_JOBS = ("clean_landing", "clean_streams")
_VERSION_SECONDS = 20

Version = tuple[int, ...]

app = typer.Typer(help="The Databricks bundle on the local workspace.", no_args_is_help=True)


@app.command()
def run() -> None:
    """Validate and deploy the bundle, then run its jobs."""
    environment = cli_environment(Settings(), os.environ)
    deploy_and_run(databricks_cli(), environment)
    link = f"{environment['DATABRICKS_HOST']}/login?token={environment['DATABRICKS_TOKEN']}"
    typer.echo(f"\nOpen {link} to see the jobs, their runs with the notebooks, and the tables.")
    typer.echo("The jobs clean what was posted before, for example by `make demo`.")


@app.command()
def cli() -> None:
    """Print the path of the CLI that the commands use."""
    path = databricks_cli()
    typer.echo(path.relative_to(ROOT) if path == _BUILT else path)


def databricks_cli(path: str | None = None) -> Path:
    """Return the CLI: `databricks` of the PATH if it is recent enough, else the one to build.

    Args:
        path: The folders to search, as in the variable PATH. Null searches PATH itself.
    """
    found = shutil.which("databricks", path=path)
    if found and _version_of(found) >= _pinned_version():
        return Path(found)
    return _BUILT


def cli_environment(settings: Settings, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the CLI for the target `local`.

    The CLI keeps its files in the state folder. It uses no profile and no credential of the user.

    Args:
        settings: The local environment, whose names become variables of the bundle.
        variables: The caller's environment, with DATABRICKS_HOST and DATABRICKS_TOKEN.

    Raises:
        StackError: Raised when a variable is missing, or no local workspace listens there.
    """
    try:
        host, token = variables["DATABRICKS_HOST"], variables["DATABRICKS_TOKEN"]
    except KeyError as error:
        raise StackError(
            f"expected the variable {error.args[0]}; run `make bundle`, or first"
            ' `eval "$(make -s databricks-env)"`'
        ) from error
    _require_local_workspace(host)
    own = settings.state / "databricks"
    others = {name: value for name, value in variables.items() if not _is_of_bundle(name)}
    return {
        **others,
        "DATABRICKS_HOST": host,
        "DATABRICKS_TOKEN": token,
        "DATABRICKS_CONFIG_FILE": str(own / "no-profiles"),
        "DATABRICKS_CACHE_DIR": str(own / "cache"),
        "DATABRICKS_BUNDLE_TMP": str(own / "bundle"),
        "DATABRICKS_CLI_DISABLE_TELEMETRY": "true",
        "PATH": os.pathsep.join([variables.get("PATH", ""), str(ROOT / ".local/tools/bin")]),
        **{f"BUNDLE_VAR_{name}": value for name, value in _bundle_variables(settings).items()},
    }


def deploy_and_run(cli: Path, environment: Mapping[str, str]) -> None:
    """Validate and deploy the bundle on the target `local`, then run its jobs one by one.

    Raises:
        StackError: Raised when the CLI is not built, or one of its commands fails. The terminal
            has its output.
    """
    if not cli.exists():
        raise StackError(f"expected the Databricks CLI at {cli}; `make databricks-cli` builds it")
    steps = [("validate", "--strict"), ("deploy",), *(("run", job) for job in _JOBS)]
    for step in steps:
        arguments = ["bundle", *step, "--target", _TARGET]
        typer.echo(f"\n$ databricks {' '.join(arguments)}")
        ended = subprocess.run([cli, *arguments], cwd=ROOT, env=environment, check=False)
        if ended.returncode != 0:
            raise StackError(
                f"`databricks bundle {' '.join(step)}` failed with exit code {ended.returncode}."
                " Its output above has the cause. Fix it and run `make bundle` again."
            )
        typer.echo()  # the exit value of a notebook ends without a newline


def _bundle_variables(settings: Settings) -> dict[str, str]:
    """Return the values of the bundle's variables that follow from the settings."""
    return {
        "catalog": settings.catalog,
        "schema": settings.schema_name,
        "stream_schema": settings.stream_schema_name,
        "user_id": settings.user_id,
        "landing_url": f"s3://{settings.bucket}",
        "source": f"s3a://{settings.bucket}",
        "landing_path": f"/mnt/{settings.bucket}",
    }


def _require_local_workspace(host: str) -> None:
    address = urlsplit(host)
    if address.hostname not in {HOST, "localhost"} or address.port is None:
        raise StackError(
            f"expected the address of the local workspace in DATABRICKS_HOST, got {host!r}; use"
            " `databricks bundle deploy --target dev` for a workspace of Databricks"
        )
    try:  # the CLI would try for minutes
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except OSError as error:
        raise StackError(
            f"no local workspace answers at {host}: {error}; `make workspace` starts it"
        ) from error


def _is_of_bundle(variable: str) -> bool:
    return variable.startswith(("DATABRICKS_", "BUNDLE_VAR_"))


def _pinned_version() -> Version:
    text = (ROOT / "tools" / "databricks" / "go.mod").read_text()
    (pinned,) = re.findall(r"github\.com/databricks/cli v(\S+)", text)
    return _numbers(pinned)


def _version_of(program: str) -> Version:
    """Return the version of `program`; the legacy CLI and anything else get an empty version."""
    try:
        ended = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_VERSION_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    version = re.search(r"^Databricks CLI v(\d+\.\d+\.\d+)", ended.stdout)
    return _numbers(version[1]) if version and ended.returncode == 0 else ()


def _numbers(version: str) -> Version:
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    command.run(app)
