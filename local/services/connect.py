"""The Connect worker as a service of the stack: distributed, like MSK Connect, with one worker."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from local.environment import REGION
from local.kafka.connect_api import ConnectApi
from local.kafka.connector import start_connector
from local.kafka.java import PLUGINS, java, render
from local.placeholders import fill_placeholders
from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.service import Service

__all__ = ["connector_configuration", "service"]

_CONNECTOR_JSON = ROOT / "ingestion" / "s3_landing_connector" / "connector.json"
_HEAP = "256m"


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the worker; it starts the landing connector when it is ready.

    The connector needs its bucket, and its topics, which `kafka_rest` creates.
    """
    home = settings.state / "connect"

    def start() -> None:
        configuration = connector_configuration(settings)
        start_connector(ConnectApi(settings.connect_url), settings.user_id, configuration)

    return Service(
        name="connect",
        command=java(
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(home / "connect.properties"),
            heap=_HEAP,
            scratch=home / "scratch",
        ),
        ports={"PINTEREST_CONNECT_PORT": settings.connect_port},
        health_url=f"{settings.connect_url}/health",
        # The connector reads its credentials from here; its configuration contains none.
        environment={
            "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": secrets.aws_secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        unset_env=("AWS_SESSION_TOKEN", "AWS_PROFILE"),
        depends_on=("broker", "kafka_rest", "s3"),
        prepare=lambda: _prepare(settings, home),
        on_ready=start,
        stop_seconds=10,
        # On SIGTERM it may wait long for a broker that stops too. A kill loses nothing.
        parent_death_signal=signal.SIGKILL,
    )


def connector_configuration(settings: Settings) -> dict[str, str]:
    """Return the configuration of the connector that lands the user's topics."""
    values = {
        "user_id": settings.user_id,
        "bucket": settings.bucket,
        "region": REGION,
        "store_url": settings.landing_url,
        "path_style_access": "true",
        "flush_size": str(settings.flush_size),
        "rotate_schedule_interval_ms": str(round(settings.rotate_seconds * 1000)),
        "tasks_max": "1",
        "dead_letter_replication_factor": "1",
    }
    in_json = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    configuration: dict[str, str] = json.loads(
        fill_placeholders(_CONNECTOR_JSON.read_text(), in_json)
    )
    return configuration


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
