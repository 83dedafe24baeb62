"""How a Kafka client finds the brokers and signs in to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

if TYPE_CHECKING:
    from ingestion.kafka_rest.settings import KafkaRestSettings

__all__ = ["client_configuration", "msk_token"]


def client_configuration(settings: KafkaRestSettings) -> dict[str, Any]:
    """Return the part of a librdkafka configuration that producers and admin clients share."""
    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "log_level": 3,  # errors; a broker that is down is told once by the proxy itself
        "reconnect.backoff.max.ms": 1000,
    }
    if settings.security == "msk_iam":
        configuration |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "OAUTHBEARER",
            "oauth_cb": partial(msk_token, settings.region),
        }
    return configuration


def msk_token(region: str | None, _configuration: str) -> tuple[str, float]:
    """Return a token for MSK and the second, since the epoch, at which it ends.

    The token is a signed URL: it is made from the machine's AWS credentials, without a request.
    """
    token, expires_milliseconds = MSKAuthTokenProvider.generate_auth_token(region)
    return token, expires_milliseconds / 1000
