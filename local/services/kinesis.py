"""The local Kinesis as a service of the stack, with the user's streams in it."""

from __future__ import annotations

from dataclasses import replace

from ingestion.kinesis.streams import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.services.ministack import ministack
from local.settings import Settings
from local.supervisor.service import Service

__all__ = ["service"]

_STOP_SECONDS = 60
_A_YEAR_HOURS = 8760
"""AWS' longest. The demo's account counts what the streams hold, also on another day."""


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the Kinesis that `settings` describe; the user's streams exist once it is ready.

    It writes its streams down when it is stopped, also by the end of its supervisor. Killed with
    -9 itself, it forgets what came since its last start.
    """
    home = settings.state / "kinesis"
    kinesis = ministack(
        "kinesis", settings.kinesis_port, home, ["kinesis", "sts"], {"PERSIST_STATE": "1"}
    )

    def create_user_streams() -> None:
        create_streams(
            kinesis_client(settings, secrets), settings.user_id, settings.shards, _A_YEAR_HOURS
        )

    return replace(kinesis, after_start=create_user_streams, stop_seconds=_STOP_SECONDS)
