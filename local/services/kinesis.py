"""The local Kinesis as a service of the stack, with the user's streams."""

from __future__ import annotations

from ingestion.kinesis import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.services.ministack import ministack
from local.settings import Settings
from local.supervisor.service import Service

__all__ = ["service"]

_RETENTION_HOURS = 8760
"""The longest that AWS allows. The demo counts the streams' records on later days too."""


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the local Kinesis; it creates the user's streams when it is ready.

    It saves its streams when it stops, also when its supervisor ends. After a `kill -9` of its
    own process, the records since its last start are lost.
    """

    def create_user_streams() -> None:
        client = kinesis_client(settings, secrets)
        create_streams(client, settings.user_id, settings.shards, _RETENTION_HOURS)

    return ministack(
        name="kinesis",
        ports={"PINTEREST_KINESIS_PORT": settings.kinesis_port},
        home=settings.state / "kinesis",
        aws_services=["kinesis", "sts"],
        environment={"PERSIST_STATE": "1"},
        on_ready=create_user_streams,
        stop_seconds=60,
    )
