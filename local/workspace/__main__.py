"""`python -m local.workspace`: the server, in the foreground."""

from __future__ import annotations

import uvicorn

from local import command
from local.environment import Environment
from local.settings import HOST
from local.workspace.app import create_app


def main() -> None:
    """Serve the workspace on loopback until SIGTERM."""
    environment = Environment()
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
