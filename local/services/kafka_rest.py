"""The Kafka REST proxy as a service of the local stack."""

from __future__ import annotations

import sys

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics
from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.service import Service

__all__ = ["service"]


def service(settings: Settings, _secrets: Secrets) -> Service:
    """Return the proxy; it creates the user's topics when it is ready."""
    proxy = KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers, security="plaintext")

    def create_user_topics() -> None:
        create_topics(proxy, settings.user_id, settings.partitions)

    return Service(
        name="kafka_rest",
        command=[sys.executable, "-m", "ingestion.kafka_rest"],
        ports={"PINTEREST_KAFKA_REST_PORT": settings.kafka_rest_port},
        health_url=f"{settings.kafka_rest_url}/health",
        environment={
            "PYTHONPATH": str(ROOT),
            "KAFKA_REST_HOST": HOST,
            "KAFKA_REST_PORT": str(settings.kafka_rest_port),
            "KAFKA_REST_BOOTSTRAP_SERVERS": proxy.bootstrap_servers,
            "KAFKA_REST_SECURITY": proxy.security,
        },
        depends_on=("broker",),
        on_ready=create_user_topics,
    )
