"""The local API gateway as a separate process."""

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

KEY = "the-key-of-these-tests-alone"


@contextmanager
def gateway_process(document: Path, **settings: object) -> Iterator[str]:
    """Run a gateway that serves `document`; yield the URL of its stage."""
    port = free_port()
    given = {"PORT": port, "DOCUMENT": document, "API_KEY": KEY} | settings
    environment = {f"API_GATEWAY_{name}": str(value) for name, value in given.items()}
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [sys.executable, "-m", "local.api_gateway"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    ) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or _answers(f"{url}/_health"),
                seconds=30,
                description=url,
            )
            yield f"{url}/prod"
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
