"""The local S3 as a service of the stack: ministack, with the landing bucket in it."""

from __future__ import annotations

import sys
from pathlib import Path

from local.landing.client import REGION, create_bucket
from local.stack.secrets import Secrets
from local.stack.service import Service
from local.stack.settings import HOST, Settings

__all__ = ["service"]

_AWS_SERVICES = ("s3", "sts")


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the S3 that `settings` describe; its bucket exists once it is ready.

    Its objects survive any end of the process, kill -9 included. It takes any key: what protects
    it is that it listens on loopback only.
    """
    home = settings.state / "landing"
    return Service(
        name="landing",
        command=[sys.executable, "-m", "ministack"],
        port=settings.landing_port,
        health_url=f"{settings.landing_url}/_ministack/health",
        environment=_environment(settings, home),
        without=("AUTH", "PERSIST_STATE", "USE_SSL"),
        prepare=lambda: _prepare(home),
        after_start=lambda: create_bucket(settings, secrets),
    )


def _environment(settings: Settings, home: Path) -> dict[str, str]:
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(settings.landing_port),
        "MINISTACK_REGION": REGION,
        "SERVICES": ",".join(_AWS_SERVICES),
        "LOG_LEVEL": "WARNING",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "STATE_DIR": str(home / "state"),
        "TMPDIR": str(home / "scratch"),
        # Otherwise it opens more ports, and looks for containers of its own to remove.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
    }


def _prepare(home: Path) -> None:
    for folder in ("s3", "scratch"):
        (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
