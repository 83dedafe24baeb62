"""The Connect worker as a service of the stack: distributed, as MSK Connect, with one worker."""

from __future__ import annotations

import signal
from pathlib import Path

from local.kafka.connector import start_connector
from local.kafka.java import PLUGINS, java, render
from local.secrets import Secrets
from local.settings import HOST, Settings
from local.supervisor.service import Service

__all__ = ["service"]

_HEAP = "256m"


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the worker that `settings` describe; the landing connector runs once it is ready.

    The connector's topics must exist by then.
    """
    home = settings.state / "connect"
    return Service(
        name="connect",
        command=java(
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(home / "connect.properties"),
            heap=_HEAP,
            scratch=home / "scratch",
        ),
        port=settings.connect_port,
        health_url=f"{settings.connect_url}/health",
        # The connector takes its credentials from here, so that its configuration holds none.
        environment={
            "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": secrets.aws_secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        without=("AWS_SESSION_TOKEN", "AWS_PROFILE"),
        needs=("broker", "landing"),
        prepare=lambda: _prepare(settings, home),
        after_start=lambda: start_connector(settings),
        stop_seconds=10,
        # It may wait long for a broker that is going down too; a kill costs it nothing.
        parent_death_signal=signal.SIGKILL,
    )


def _prepare(settings: Settings, home: Path) -> None:
    (home / "scratch").mkdir(parents=True, exist_ok=True)
    render(
        "connect.properties",
        home / "connect.properties",
        bootstrap_servers=settings.bootstrap_servers,
        host=HOST,
        port=settings.connect_port,
        plugins=PLUGINS,
    )
