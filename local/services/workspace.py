"""The local Databricks workspace as a service of the stack."""

from __future__ import annotations

import sys

from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["service"]


def service(settings: Settings, _secrets: Secrets) -> Service:
    """Return the workspace; it uses Spark and S3 only when a request or a notebook needs them.

    It reads the secrets from the state folder itself.
    """
    return Service(
        name="workspace",
        command=[sys.executable, "-m", "local.workspace"],
        ports={"PINTEREST_WORKSPACE_PORT": settings.workspace_port},
        health_url=f"http://{HOST}:{settings.workspace_port}/health",
        environment={**settings.variables, "PYTHONPATH": str(ROOT)},
        stop_seconds=30,
    )
