"""How a command of the local environment starts, and how it shows errors."""

from __future__ import annotations

import os
from collections.abc import Callable

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from local.errors import StackError
from local.settings import HOST, Settings, variable
from pinterest_pipeline.errors import PipelineError, unexpected

__all__ = ["bypass_proxies", "run", "show_error"]

_PRIVATE = 0o077
"""The umask with which new folders have the mode 0700, and new files 0600."""


def run(command: Callable[[], object]) -> None:
    """Run `command`; show errors without a traceback.

    The traceback of an unexpected error goes to a file.

    Only the user may read what it and its child processes write.

    Raises:
        SystemExit: Raised with 1 after an error.
    """
    bypass_proxies()
    os.umask(_PRIVATE)
    try:
        command()
    except (StackError, PipelineError) as error:
        show_error(str(error))
        raise SystemExit(1) from error
    except Exception as error:
        if isinstance(error, ValidationError) and error.title == Settings.__name__:
            show_error(_invalid_settings(error))
        else:
            show_error(unexpected(error))
        raise SystemExit(1) from error


def show_error(text: str) -> None:
    """Print `text`, which may hold any characters, as an error."""
    Console(stderr=True).print(Text("error: ", "red").append(text, "default"), soft_wrap=True)


def bypass_proxies() -> None:
    """Let this process and its children reach the services directly.

    A proxy of the user's environment cannot reach this machine's loopback.
    """
    hosts = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    direct = ",".join(dict.fromkeys([*filter(None, hosts.split(",")), HOST, "localhost"]))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = direct


def _invalid_settings(error: ValidationError) -> str:
    return "\n".join(
        f"{variable(str(invalid['loc'][0]))} is {invalid['input']!r}: {invalid['msg']}"
        for invalid in error.errors()
    )
