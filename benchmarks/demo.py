"""The time of `make demo` in a fresh clone: cold, warm, and again on the same rows."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from benchmarks.figures import Figure, log_step
from local.settings import ROOT
from local.temporary import free_ports, temporary_state

__all__ = ["demo"]

_UNSET_PREFIXES = ("PINTEREST_", "MAKE", "MFLAGS")
_UNSET = ("SOURCE", "ROWS", "VIRTUAL_ENV")


def demo() -> list[Figure]:
    """Return the seconds of `make demo` in a clone of the last commit, three times.

    Cold: nothing is downloaded yet. Warm: everything is built, and the stack is new. Again: on
    that stack, which has every post already. The stack is down before each.
    """
    with temporary_state() as folder:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        variables = _fresh_variables(folder)
        cold = _timed_demo(clone, folder / "first", variables)
        warm = _timed_demo(clone, folder / "second", variables)
        again = _timed_demo(clone, folder / "second", variables)
    return [
        Figure("make demo, cold: a fresh clone, empty caches", cold, "s"),
        Figure("make demo, warm: a new stack", warm, "s", at_most=240),
        Figure("make demo, again: the same stack", again, "s", at_most=240),
    ]


def _fresh_variables(folder: Path) -> dict[str, str]:
    """Return the variables of a machine without settings; downloads go to `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_UNSET_PREFIXES) and name not in _UNSET
    }
    repository = f"-Dmaven.repo.local={folder / 'maven'}"
    return {
        **inherited,
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "MAVEN_OPTS": f"{inherited.get('MAVEN_OPTS', '')} {repository}".lstrip(),
        **{f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()},
    }


def _timed_demo(clone: Path, state: Path, variables: dict[str, str]) -> float:
    """Return the seconds of `make demo` in `clone`; its stack is down afterwards in any case.

    Raises:
        SystemExit: Raised when the demo failed.
    """
    variables = variables | {"PINTEREST_STATE": str(state)}
    log_step(f"make demo, its state in {state}")
    begun = time.monotonic()
    try:
        failed = _make("demo", clone, variables)
        seconds = time.monotonic() - begun
    finally:
        if state.exists():  # else nothing was started, and `make down` would install everything
            _make("down", clone, variables)
    if failed:
        raise SystemExit(f"make demo ended with {failed}; its output above has the reason")
    return seconds


def _make(target: str, clone: Path, variables: dict[str, str]) -> int:
    with subprocess.Popen(["make", "--silent", target], cwd=clone, env=variables) as make:
        try:
            return make.wait()
        except BaseException:
            make.terminate()  # it passes this on to its children
            make.wait()
            raise
