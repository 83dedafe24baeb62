"""The services of the local environment, in dependency order."""

from __future__ import annotations

from dataclasses import replace

from local import kafka_rest
from local.api_gateway import service as api_gateway
from local.kafka import broker, connect
from local.kinesis import service as kinesis
from local.landing import service as landing
from local.spark import service as spark
from local.stack.secrets import Secrets
from local.stack.service import Service
from local.stack.settings import Settings

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
