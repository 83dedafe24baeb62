"""The local Databricks workspace as a service of the stack."""

from __future__ import annotations

import sys

from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["service"]


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the workspace; it uses Spark and S3 only when a request or a notebook needs them."""
    return Service(
        name="workspace",
        command=[sys.executable, "-m", "local.workspace"],
        ports={"PINTEREST_WORKSPACE_PORT": settings.workspace_port},
        health_url=f"http://{HOST}:{settings.workspace_port}/health",
        environment={
            **settings.variables,
            "PYTHONPATH": str(ROOT),
            "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": secrets.aws_secret_access_key,
        },
        unset_env=("SPARK_REMOTE", "SPARK_CONNECT_AUTHENTICATE_TOKEN", "AWS_PROFILE"),
        stop_seconds=30,
    )
