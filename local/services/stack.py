"""The services of the local environment, in dependency order."""

from __future__ import annotations

from dataclasses import replace

from local.secrets import Secrets
from local.services import api_gateway, broker, connect, kafka_rest, kinesis, spark
from local.services import s3 as landing
from local.settings import Settings
from local.supervisor.service import Service

__all__ = ["all_services"]


def all_services(settings: Settings) -> list[Service]:
    """Return every service of the environment that `settings` describe."""
    secrets = Secrets.of(settings.state)
    # The connector is put when Connect is ready: by then its bucket and topics must exist.
    connecting = connect.service(settings, secrets)
    return [
        landing.service(settings, secrets),
        kinesis.service(settings, secrets),
        broker.service(settings, secrets),
        kafka_rest.service(settings, secrets),
        replace(connecting, needs=("broker", "kafka_rest", "landing")),
        api_gateway.service(settings, secrets),
        spark.service(settings, secrets),
    ]
