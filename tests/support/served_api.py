"""An API document with one operation, and the local gateway that serves a document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from local.api_gateway.api_model import parse_api
from local.api_gateway.app import create_app
from local.api_gateway.settings import ApiGatewaySettings
from tests.support.http_server import serving_app

KEY = "the-key-of-these-tests-alone"


def things_document(uri: str, *, authorization: str = "NONE", **integration: object) -> str:
    """Return a document with one operation, `POST /things/{thing-name}`."""
    operation = {
        "security": [{"api_key": []}],
        "x-amazon-apigateway-auth": {"type": authorization},
        "parameters": [
            {"name": "thing-name", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "kind", "in": "query", "required": True, "schema": {"type": "string"}},
        ],
        "responses": {"200": {"description": "Done."}},
        "x-amazon-apigateway-request-validator": "parameters",
        "x-amazon-apigateway-integration": {
            "type": "http_proxy",
            "httpMethod": "POST",
            "uri": uri + "/backend/{thing}",
            "requestParameters": {
                "integration.request.path.thing": "method.request.path.thing-name"
            },
        }
        | integration,
    }
    return yaml.safe_dump({
        "openapi": "3.0.1",
        "info": {"title": "Things", "version": "1"},
        "x-amazon-apigateway-request-validators": {
            "parameters": {"validateRequestBody": False, "validateRequestParameters": True}
        },
        "paths": {"/things/{thing-name}": {"post": operation}},
        "components": {
            "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
        },
    })


@contextmanager
def serving(document: str, **settings: object) -> Iterator[str]:
    """Serve `document` from this process; yield the URL of the stage."""
    api = parse_api(yaml.safe_load(document))
    gateway = ApiGatewaySettings.model_validate({"api_key": KEY} | settings)
    with serving_app(create_app(api, gateway)) as url:
        yield f"{url}/prod"
