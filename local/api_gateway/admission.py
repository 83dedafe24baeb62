"""What a request must pass before its backend: the usage plan and API Gateway's validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from secrets import compare_digest
from typing import Any

import msgspec
from aiohttp import hdrs, web
from jsonschema_rs import Draft4Validator

from local.api_gateway.api_model import Api, Operation
from local.api_gateway.errors import (
    BAD_REQUEST_BODY,
    INVALID_API_KEY,
    THROTTLED,
    GatewayResponseError,
    bad_request_parameters,
)

__all__ = ["RequestValidation", "TokenBucket", "UsagePlan", "content_type"]


class TokenBucket:
    """Allows `rate` requests per second on average, and `burst` at once."""

    def __init__(
        self, rate: float, burst: int, clock_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock_seconds = clock_seconds
        self._tokens = float(burst)
        self._refilled_at = clock_seconds()

    def take(self) -> bool:
        """Take one token.

        Returns:
            False if none is left.
        """
        now = self._clock_seconds()
        self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class UsagePlan:
    """One API key and its throttle."""

    def __init__(self, api_key: str, bucket: TokenBucket) -> None:
        self._api_key = api_key.encode()
        self._bucket = bucket

    def admit(self, api_key: str | None) -> None:
        """Check the key of one request and take a token for it.

        Args:
            api_key: The key of the request; None if it has none.

        Raises:
            GatewayResponseError: Raised when the key is wrong, or when no token is left.
        """
        if not compare_digest((api_key or "").encode("utf-8", "surrogateescape"), self._api_key):
            raise GatewayResponseError(INVALID_API_KEY)
        if not self._bucket.take():
            raise GatewayResponseError(THROTTLED)


def content_type(request: web.Request) -> str:
    """Return the content type of `request` in lower case, without parameters.

    A request without a content type counts as JSON, as on AWS.
    """
    return request.content_type if hdrs.CONTENT_TYPE in request.headers else "application/json"


class RequestValidation:
    """Validates requests for one operation: parameters by presence, bodies by JSON Schema."""

    def __init__(self, api: Api, operation: Operation) -> None:
        validator = api.validator_of(operation)
        self._required = (
            _required_parameters(operation) if validator and validator.parameters else []
        )
        self._schemas = _body_validators(api, operation) if validator and validator.body else {}

    def check_parameters(self, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Check that every required parameter is present and not empty.

        Raises:
            GatewayResponseError: Raised when a required parameter is missing or empty.
        """
        given = {"query": query, "header": headers}
        missing = [name for location, name in self._required if not given[location].get(name)]
        if missing:
            raise GatewayResponseError(bad_request_parameters(missing))

    def check_body(self, content_type: str, body: bytes) -> None:
        """Check the body against the schema of its content type, if there is one.

        Raises:
            GatewayResponseError: Raised when the body does not match, or is not JSON.
        """
        schema = self._schemas.get(content_type)
        if schema is not None and not _matches(schema, body):
            raise GatewayResponseError(BAD_REQUEST_BODY)


def _required_parameters(operation: Operation) -> list[tuple[str, str]]:
    # A path parameter is always present: without it, the path does not match.
    return sorted(
        (p.location, p.name) for p in operation.parameters if p.required and p.location != "path"
    )


def _body_validators(api: Api, operation: Operation) -> dict[str, Draft4Validator]:
    body = operation.request_body
    content = body.content.items() if body else []
    return {kind.lower(): _validator(api, media.body_schema) for kind, media in content}


def _validator(api: Api, schema: Mapping[str, Any]) -> Draft4Validator:
    # allOf, because draft 4 ignores the siblings of a $ref.
    return Draft4Validator({
        "allOf": [dict(schema)],
        "components": {"schemas": api.components.schemas},
    })


def _matches(schema: Draft4Validator, body: bytes) -> bool:
    try:
        return schema.is_valid(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
