"""The local API gateway as a process of its own, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from local.settings import ROOT
from local.supervisor.ports import free_port
from local.supervisor.waiting import wait_until

__all__ = ["KEY", "serving", "start"]

KEY = "the-key-of-these-tests-alone"


def start(document: Path, **settings: object) -> tuple[subprocess.Popen[str], str]:
    """Start a gateway; return its process and the URL of its stage."""
    port = free_port()
    given = {"PORT": port, "DOCUMENT": document, "API_KEY": KEY} | settings
    environment = {f"API_GATEWAY_{name}": str(value) for name, value in given.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "local.api_gateway"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=document.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, f"http://127.0.0.1:{port}/prod"


@contextmanager
def serving(document: Path, **settings: object) -> Iterator[str]:
    """Run a gateway; give the URL of its stage."""
    process, url = start(document, **settings)
    with process:
        try:
            health = url.removesuffix("/prod") + "/_health"
            wait_until(
                lambda: process.poll() is not None or _answers(health), seconds=30, description=url
            )
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
