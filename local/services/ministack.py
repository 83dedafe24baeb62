"""ministack, the local S3 and Kinesis: one process for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.environment import REGION
from local.settings import HOST
from local.supervisor.service import Service

__all__ = ["ministack"]


def ministack(
    *,
    name: str,
    ports: Mapping[str, int],
    home: Path,
    aws_services: Sequence[str],
    environment: Mapping[str, str],
    on_ready: Callable[[], None],
    stop_seconds: float = 15,
) -> Service:
    """Return the service `name`: a ministack that emulates `aws_services` on one loopback port.

    It accepts any key. Only the loopback address protects it.

    Args:
        name: Name in the stack.
        ports: The port, by the environment variable that changes it.
        home: Folder for everything that it writes.
        aws_services: AWS' names of the emulated services.
        environment: How it stores its state.
        on_ready: Called when it answers.
        stop_seconds: Deadline for a graceful stop.
    """
    (port,) = ports.values()
    return Service(
        name=name,
        command=_command(port),
        ports=ports,
        health_url=f"http://{HOST}:{port}/_ministack/health",
        environment={
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "SERVICES": ",".join(aws_services),
            "LOG_LEVEL": "WARNING",
            "STATE_DIR": str(home / "state"),
            "TMPDIR": str(home / "scratch"),
            # Otherwise it opens more ports and looks for its own containers to remove.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
            **environment,
        },
        unset_env=[n for n in ("AUTH", "PERSIST_STATE", "USE_SSL") if n not in environment],
        prepare=lambda: _prepare(home),
        on_ready=on_ready,
        stop_seconds=stop_seconds,
    )


def _command(port: int) -> list[str]:
    """Return ministack under uvicorn, which needs half the time per request of its own server."""
    options = {
        "host": HOST,
        "port": str(port),
        "log-level": "warning",
        "timeout-keep-alive": "75",
    }
    server = [sys.executable, "-m", "uvicorn", "ministack.app:app"]
    # Like AWS, ministack sends its own date and no server name.
    headers = ["--no-server-header", "--no-date-header"]
    return [*server, *(f"--{name}={value}" for name, value in options.items()), *headers]


def _prepare(home: Path) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in ("state", "scratch"):
        (home / folder).mkdir(exist_ok=True)
