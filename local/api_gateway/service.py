"""The gateway as a service of the local stack."""

from __future__ import annotations

import json
import sys

from local.api_gateway.app import HEALTH_PATH
from local.stack.secrets import Secrets
from local.stack.service import Service
from local.stack.settings import HOST, ROOT, Settings

__all__ = ["service"]


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the gateway of this environment, which serves `ingestion/api.yaml`."""
    return Service(
        name="api_gateway",
        command=[sys.executable, "-m", "local.api_gateway"],
        port=settings.api_gateway_port,
        health_url=f"http://{HOST}:{settings.api_gateway_port}{HEALTH_PATH}",
        environment={
            "PYTHONPATH": str(ROOT),
            "API_GATEWAY_HOST": HOST,
            "API_GATEWAY_PORT": str(settings.api_gateway_port),
            "API_GATEWAY_PLACEHOLDERS": json.dumps({"kafka_rest_url": settings.kafka_rest_url}),
            "API_GATEWAY_API_KEY": secrets.api_key,
            "API_GATEWAY_RATE": str(settings.api_rate),
            "API_GATEWAY_BURST": str(settings.api_burst),
        },
        needs=("kafka_rest",),
    )
