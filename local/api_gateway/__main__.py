"""Runs the gateway: `python -m local.api_gateway`, with settings from `API_GATEWAY_…`."""

import logging
import sys

import uvloop
from aiohttp import web
from pydantic import ValidationError

from local.api_gateway.api_model import parse_api
from local.api_gateway.app import create_app
from local.api_gateway.document import read_document
from local.api_gateway.errors import ApiGatewayError
from local.api_gateway.settings import ApiGatewaySettings

_SHUTDOWN_SECONDS = 10


def main() -> None:
    """Serve until SIGTERM or SIGINT. Exit at once if the document cannot be served."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = ApiGatewaySettings()  # type: ignore[call-arg]  # from the environment
        api = parse_api(read_document(settings.document, settings.placeholders))
    except (ApiGatewayError, ValidationError) as error:
        sys.exit(str(error))
    if api.calls_kinesis and not settings.kinesis_url:
        sys.exit(f"{settings.document.name} calls Kinesis: set API_GATEWAY_KINESIS_URL to its URL")
    logging.info("serving %s on port %s", settings.document.name, settings.port)
    web.run_app(
        create_app(api, settings),
        host=settings.host,
        port=settings.port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
