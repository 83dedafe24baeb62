"""How long `make demo` takes from a fresh clone: with empty caches, and again."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from benchmarks.figures import Figure
from local.stack.settings import ROOT
from local.stack.temporary import free_ports, temporary_state

__all__ = ["demo"]


def demo() -> list[Figure]:
    """Return the seconds of a cold `make demo`, and of a warm one on a stack that is down."""
    with temporary_state() as folder:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        environment = _environment(folder)
        cold = _make(clone, "demo", environment)
        _make(clone, "down", environment)
        warm = _make(clone, "demo", environment)
        _make(clone, "down", environment)
    return [
        Figure("make demo from a fresh clone, empty caches", cold, "s"),
        Figure("make demo, warm, stack down", warm, "s", at_most=240),
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of a machine that has downloaded nothing yet."""
    ports = {f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()}
    return {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "MAVEN_OPTS": f"-Dmaven.repo.local={folder / 'maven'}",
        **ports,
    }


def _make(clone: Path, target: str, environment: dict[str, str]) -> float:
    begun = time.monotonic()
    subprocess.run(["make", "--silent", target], cwd=clone, env=environment, check=True)
    return time.monotonic() - begun
