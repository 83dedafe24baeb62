"""API Gateway's request validation: parameters by presence, bodies by JSON Schema draft 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from jsonschema_rs import Draft4Validator

from local.api_gateway.api_model import Api
from local.api_gateway.gateway_responses import (
    BAD_REQUEST_BODY,
    GatewayResponseError,
    bad_request_parameters,
)
from local.api_gateway.operation import Operation

__all__ = ["RequestValidation"]


class RequestValidation:
    """What is validated of the requests for one operation."""

    def __init__(self, api: Api, operation: Operation) -> None:
        validator = api.validator_of(operation)
        self._required = (
            _required_parameters(operation) if validator and validator.parameters else []
        )
        self._schemas = _body_validators(api, operation) if validator and validator.body else {}

    def check_parameters(self, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Check that every required parameter is there and not blank.

        Raises:
            GatewayResponseError: Raised when one is not.
        """
        given = {"query": query, "header": headers}
        missing = [name for place, name in self._required if not given[place].get(name)]
        if missing:
            raise GatewayResponseError(bad_request_parameters(missing))

    def check_body(self, content_type: str, body: bytes) -> None:
        """Check the body against the schema of its content type; without one it may be anything.

        Raises:
            GatewayResponseError: Raised when it does not fit, or is not JSON.
        """
        schema = self._schemas.get(content_type)
        if schema is not None and not _fits(schema, body):
            raise GatewayResponseError(BAD_REQUEST_BODY)


def _required_parameters(operation: Operation) -> list[tuple[str, str]]:
    # A path parameter is there whenever the path matches.
    return sorted(
        (p.place, p.name) for p in operation.parameters if p.required and p.place != "path"
    )


def _body_validators(api: Api, operation: Operation) -> dict[str, Draft4Validator]:
    body = operation.request_body
    content = body.content.items() if body else []
    return {kind.lower(): _validator(api, media.body_schema) for kind, media in content}


def _validator(api: Api, schema: Mapping[str, Any]) -> Draft4Validator:
    # allOf, because draft 4 ignores what stands beside a $ref.
    return Draft4Validator({
        "allOf": [dict(schema)],
        "components": {"schemas": api.components.schemas},
    })


def _fits(schema: Draft4Validator, body: bytes) -> bool:
    try:
        return schema.is_valid(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
