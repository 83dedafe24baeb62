"""How the stack's own Kafka clients find the broker."""

from __future__ import annotations

from local.settings import Settings

__all__ = ["client_configuration"]


def client_configuration(settings: Settings) -> dict[str, str | int | float | bool]:
    """Return librdkafka's settings for a client of the local broker."""
    return {
        "bootstrap.servers": settings.bootstrap_servers,
        "log_level": 0,  # what fails is raised; its own lines would go to the user's terminal
    }
