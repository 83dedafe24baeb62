"""How a command of the local environment begins, and how it fails."""

from __future__ import annotations

import os
from collections.abc import Callable

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from local.errors import StackError
from local.settings import HOST, Settings, variable
from pinterest_pipeline.errors import PipelineError

__all__ = ["bypass_proxies", "run", "show_error"]


def run(command: Callable[[], object]) -> None:
    """Run `command`; an error with words of ours is shown without a traceback.

    Raises:
        SystemExit: Raised with 1 after such an error.
        ValidationError: Raised when it is not the settings that are wrong.
    """
    bypass_proxies()
    try:
        command()
    except (StackError, PipelineError) as error:
        show_error(str(error))
        raise SystemExit(1) from error
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        show_error(_wrong_settings(error))
        raise SystemExit(1) from error


def show_error(text: str) -> None:
    """Print `text`, which may hold any characters, as an error."""
    Console(stderr=True).print(Text("error: ", "red").append(text, "default"), soft_wrap=True)


def bypass_proxies() -> None:
    """Have this process and its children reach the services directly.

    Whatever proxy the user's environment names does not know this machine's loopback.
    """
    hosts = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    direct = ",".join(dict.fromkeys([*filter(None, hosts.split(",")), HOST, "localhost"]))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = direct


def _wrong_settings(error: ValidationError) -> str:
    return "\n".join(
        f"{variable(str(wrong['loc'][0]))} is {wrong['input']!r}: {wrong['msg']}"
        for wrong in error.errors()
    )
