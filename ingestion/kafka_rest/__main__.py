"""Runs the proxy: `python -m ingestion.kafka_rest`, with settings from `KAFKA_REST_…`."""

import logging
import sys

import uvicorn
from pydantic import ValidationError

from ingestion.kafka_rest.app import create_app
from ingestion.kafka_rest.contract import CredentialsError
from ingestion.kafka_rest.settings import KafkaRestSettings, check_credentials, check_secret

# Longer than clients keep an idle connection. If the proxy closed one that a client is about to
# reuse, the request would be lost without an answer.
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 10


def main() -> None:
    """Serve until SIGTERM or SIGINT, then acknowledge all accepted records."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = KafkaRestSettings()
        check_secret(settings)
        check_credentials(settings)
    except CredentialsError as error:
        sys.exit(str(error))
    except ValidationError as error:
        sys.exit(f"The KAFKA_REST_… settings cannot be used: {error}")
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
