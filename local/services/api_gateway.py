"""The API gateway as a service of the local stack."""

from __future__ import annotations

import json
import sys

from local.api_gateway.settings import HEALTH_PATH
from local.environment import REGION
from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["service"]

_KINESIS_ROLE_ARN = "arn:aws:iam::000000000000:role/api-gateway-kinesis"
"""Only a name: the gateway has a key with this role's policy, `aws/policies/api_kinesis.json`."""
_VPC_LINK_ID = "none"
"""Only a name: the gateway connects to the proxy itself."""


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the gateway; it serves `ingestion/api.yaml`."""
    return Service(
        name="api_gateway",
        command=[sys.executable, "-m", "local.api_gateway"],
        ports={"PINTEREST_API_GATEWAY_PORT": settings.api_gateway_port},
        health_url=f"http://{HOST}:{settings.api_gateway_port}{HEALTH_PATH}",
        environment={
            "PYTHONPATH": str(ROOT),
            "API_GATEWAY_HOST": HOST,
            "API_GATEWAY_PORT": str(settings.api_gateway_port),
            "API_GATEWAY_PLACEHOLDERS": json.dumps(_placeholders(settings, secrets)),
            "API_GATEWAY_REGION": REGION,
            "API_GATEWAY_KINESIS_URL": settings.kinesis_url,
            "API_GATEWAY_AWS_ACCESS_KEY_ID": secrets.gateway_aws_key.id,
            "API_GATEWAY_AWS_SECRET_ACCESS_KEY": secrets.gateway_aws_key.secret,
            "API_GATEWAY_CALLER_ACCESS_KEY_ID": secrets.caller_aws_key.id,
            "API_GATEWAY_CALLER_SECRET_ACCESS_KEY": secrets.caller_aws_key.secret,
            "API_GATEWAY_API_KEY": secrets.api_key,
            "API_GATEWAY_RATE": str(settings.api_rate),
            "API_GATEWAY_BURST": str(settings.api_burst),
        },
        depends_on=("kafka_rest", "kinesis"),
    )


def _placeholders(settings: Settings, secrets: Secrets) -> dict[str, str]:
    return {
        "kafka_rest_url": settings.kafka_rest_url,
        "proxy_secret": secrets.proxy_secret,
        "vpc_link_id": _VPC_LINK_ID,
        "region": REGION,
        "authorization": settings.api_authorization,
        "kinesis_role_arn": _KINESIS_ROLE_ARN,
    }
