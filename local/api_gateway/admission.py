"""What a request must pass before its backend: signature, usage plan, API Gateway's validation."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping
from secrets import compare_digest
from typing import Any, Final

import msgspec
from aiohttp import hdrs, web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from jsonschema_rs import Draft4Validator

from local.api_gateway.api_model import Api, Operation
from local.api_gateway.errors import (
    BAD_REQUEST_BODY,
    INCOMPLETE_SIGNATURE,
    INVALID_API_KEY,
    INVALID_SIGNATURE,
    MISSING_AUTHENTICATION_TOKEN,
    SIGNATURE_EXPIRED,
    THROTTLED,
    UNKNOWN_ACCESS_KEY,
    GatewayResponseError,
    bad_request_parameters,
)
from local.api_gateway.settings import ApiGatewaySettings

__all__ = ["RequestValidation", "SignatureCheck", "TokenBucket", "UsagePlan", "content_type"]

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request, ?SignedHeaders=(?P<headers>[^,\s]+)"
    r", ?Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_VALID_FOR: Final = dt.timedelta(minutes=5)


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


class SignatureCheck:
    """Checks that requests are signed with the AWS key of callers.

    Rules: "Signing AWS API requests" in the IAM User Guide. botocore computes the signature.

    Args:
        settings: The key that requests must be signed with, and the region of the API.
    """

    def __init__(self, settings: ApiGatewaySettings) -> None:
        self._key_id = settings.caller_access_key_id.get_secret_value()
        secret = settings.caller_secret_access_key.get_secret_value()
        credentials = Credentials(self._key_id, secret)
        self._signer = SigV4Auth(credentials, "execute-api", settings.region)
        self._scope = (settings.region, "execute-api")

    def check(self, request: web.Request, body: bytes) -> None:
        """Check the signature of a request; `body` is the body as it was sent.

        Raises:
            GatewayResponseError: Raised when the signature is missing, wrong or too old, or of
                another key.
        """
        header = request.headers.get("Authorization")
        if header is None:
            raise GatewayResponseError(MISSING_AUTHENTICATION_TOKEN)
        parts, signed_at = _AUTHORIZATION.fullmatch(header), _time_of(request)
        if parts is None or signed_at is None:
            raise GatewayResponseError(INCOMPLETE_SIGNATURE)
        if not compare_digest(parts["key"].encode(), self._key_id.encode()):
            raise GatewayResponseError(UNKNOWN_ACCESS_KEY)
        if abs(dt.datetime.now(dt.UTC) - signed_at) > _VALID_FOR:
            raise GatewayResponseError(SIGNATURE_EXPIRED)
        expected = self._signature(request, body, parts["headers"].split(";"))
        right_scope = (parts["region"], parts["service"]) == self._scope
        if not right_scope or not compare_digest(parts["signature"], expected):
            raise GatewayResponseError(INVALID_SIGNATURE)

    def _signature(self, request: web.Request, body: bytes, names: list[str]) -> str:
        """Return the right signature of a request whose headers `names` are signed."""
        headers = {name: request.headers.get(name, "") for name in names}
        # A client signs the path and query as it sends them.
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        copy = AWSRequest(request.method, url, headers, body)
        copy.context["timestamp"] = request.headers["X-Amz-Date"]
        text = self._signer.string_to_sign(copy, self._signer.canonical_request(copy))
        signature: str = self._signer.signature(text, copy)
        return signature


def _time_of(request: web.Request) -> dt.datetime | None:
    """Return when a request was signed; null if it does not say so."""
    try:
        return dt.datetime.strptime(request.headers.get("X-Amz-Date", ""), _TIME).replace(
            tzinfo=dt.UTC
        )
    except ValueError:
        return None


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
