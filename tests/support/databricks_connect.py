"""`python -m tests.support.databricks_connect`: tests through databricks-connect.

`make test-databricks` calls it. The server is that of `SPARK_REMOTE`, or the compute of the user's
workspace, or else a new local Spark server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from local import command
from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.spark.session import remote
from local.temporary import free_ports, temporary_state
from tests.support.services import Running

__all__ = ["command_of", "has_workspace", "local_variables"]

_PYTHON = ROOT / ".local" / "venvs" / "databricks-connect" / "bin" / "python"
_TESTS = ("tests/unit/pinterest_pipeline", "tests/spark/pinterest_pipeline")


def has_workspace(variables: Mapping[str, str]) -> bool:
    """Return whether the variables name a server that is not on this machine."""
    if "SPARK_REMOTE" in variables:
        return urlsplit(variables["SPARK_REMOTE"]).hostname not in {HOST, "localhost"}
    if "DATABRICKS_HOST" in variables:
        host = variables["DATABRICKS_HOST"]
        return urlsplit(host if "//" in host else f"//{host}").hostname not in {HOST, "localhost"}
    return "DATABRICKS_CONFIG_PROFILE" in variables


def local_variables(
    variables: Mapping[str, str], settings: Settings, secrets: Secrets
) -> dict[str, str]:
    """Return `variables` with the local Spark server instead of any workspace."""
    own = {name: value for name, value in variables.items() if not name.startswith("DATABRICKS_")}
    return own | {
        "SPARK_REMOTE": remote(settings),
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": secrets.spark_token,
    }


def command_of(arguments: Sequence[str], *, is_remote: bool) -> list[str]:
    """Return the command of the tests; those that need local paths are for local servers only."""
    selection = ["-m", "not local"] if is_remote else []
    return [str(_PYTHON), "-m", "pytest", *selection, *(arguments or _TESTS)]


@contextmanager
def _server_variables() -> Iterator[dict[str, str]]:
    """Give the variables that name the server; start a local one where none is named.

    Yields:
        The environment variables of the tests.
    """
    if "SPARK_REMOTE" in os.environ or has_workspace(os.environ):
        yield dict(os.environ)
        return
    with temporary_state() as state:
        settings = Settings.model_validate({"state": state, **free_ports()})
        services = Running(settings)
        try:
            services.start("spark")
            yield local_variables(os.environ, settings, Secrets.of(state))
        finally:
            services.stop()


def main() -> None:
    """Run the tests, or those of the arguments.

    Raises:
        SystemExit: Raised with the exit code of pytest.
    """
    is_remote = has_workspace(os.environ)
    server = os.environ.get("SPARK_REMOTE", "of your workspace" if is_remote else "a new local one")
    print(f"Spark server: {server.partition('/;')[0]}")  # noqa: T201  # a command's output
    with _server_variables() as variables:
        tests = command_of(sys.argv[1:], is_remote=is_remote)
        # Tests start programs that import the library, which this environment does not have.
        variables["PYTHONPATH"] = str(ROOT / "src")
        code = subprocess.run(tests, cwd=ROOT, env=variables, check=False).returncode
    raise SystemExit(code)


if __name__ == "__main__":
    command.run(main)
