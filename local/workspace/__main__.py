"""`python -m local.workspace`: the server, in the foreground."""

from __future__ import annotations

import os

import uvicorn

from local import command
from local.environment import Environment
from local.settings import HOST
from local.workspace.app import create_app


def main() -> None:
    """Serve the workspace on loopback until SIGTERM."""
    environment = Environment()
    # The Files API reads volumes in S3.
    os.environ["AWS_ACCESS_KEY_ID"] = environment.secrets.aws_access_key_id
    os.environ["AWS_SECRET_ACCESS_KEY"] = environment.secrets.aws_secret_access_key
    uvicorn.run(
        create_app(environment),
        host=HOST,
        port=environment.settings.workspace_port,
        loop="asyncio",  # kernels are reached by ZeroMQ, which is made for this loop
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    command.run(main)
