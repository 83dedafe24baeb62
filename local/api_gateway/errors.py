"""Errors at the start of the gateway, and API Gateway's own answers to requests.

Status codes: "Gateway response types" in the API Gateway developer guide. The bodies are its
default template, `{"message": $context.error.messageString}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import web

__all__ = [
    "API_CONFIGURATION_ERROR",
    "BAD_REQUEST_BODY",
    "INCOMPLETE_SIGNATURE",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "REQUEST_TOO_LARGE",
    "SIGNATURE_EXPIRED",
    "THROTTLED",
    "UNKNOWN_ACCESS_KEY",
    "UNSUPPORTED_MEDIA_TYPE",
    "ApiGatewayError",
    "DocumentError",
    "GatewayResponse",
    "GatewayResponseError",
    "bad_request_parameters",
    "unreadable_body",
]


class ApiGatewayError(Exception):
    """Base of all errors of the local API gateway."""


class DocumentError(ApiGatewayError):
    """Raised when the document cannot be read, is not OpenAPI 3.0, or is not supported."""


@dataclass(frozen=True)
class GatewayResponse:
    """One of API Gateway's own answers, as AWS sends it by default."""

    status: int
    error_type: str
    message: str

    def to_http(self) -> web.Response:
        """Return the HTTP response."""
        return web.Response(
            status=self.status,
            body=msgspec.json.encode({"message": self.message}),
            headers={"Content-Type": "application/json", "x-amzn-ErrorType": self.error_type},
        )


class GatewayResponseError(ApiGatewayError):
    """Raised when the gateway answers a request itself instead of calling the backend."""

    def __init__(self, response: GatewayResponse) -> None:
        super().__init__(response.message)
        self.response = response


MISSING_AUTHENTICATION_TOKEN: Final = GatewayResponse(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
"""AWS' answer to a missing signature, and to a path or method that does not exist."""

INCOMPLETE_SIGNATURE: Final = GatewayResponse(
    403,
    "IncompleteSignatureException",
    "Expected Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=… and"
    " X-Amz-Date",
)
UNKNOWN_ACCESS_KEY: Final = GatewayResponse(
    403,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)
SIGNATURE_EXPIRED: Final = GatewayResponse(
    403, "InvalidSignatureException", "Signature expired: X-Amz-Date is more than 5 minutes away"
)
INVALID_SIGNATURE: Final = GatewayResponse(
    403,
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided.",
)

INVALID_API_KEY: Final = GatewayResponse(403, "ForbiddenException", "Forbidden")
THROTTLED: Final = GatewayResponse(429, "TooManyRequestsException", "Too Many Requests")
BAD_REQUEST_BODY: Final = GatewayResponse(400, "BadRequestException", "Invalid request body")
UNSUPPORTED_MEDIA_TYPE: Final = GatewayResponse(
    415, "UnsupportedMediaTypeException", "Unsupported Media Type"
)
REQUEST_TOO_LARGE: Final = GatewayResponse(413, "RequestTooLargeException", "Request Too Long")
API_CONFIGURATION_ERROR: Final = GatewayResponse(
    500, "InternalServerErrorException", "Internal server error"
)
"""The answer when the document itself is wrong: its template, or its responses."""

INTEGRATION_TIMEOUT: Final = GatewayResponse(
    504, "InternalServerErrorException", "Endpoint request timed out"
)
INTEGRATION_FAILURE: Final = GatewayResponse(
    504, "InternalServerErrorException", "Network error communicating with endpoint"
)


def bad_request_parameters(missing: Sequence[str]) -> GatewayResponse:
    """Return the answer to a request without the parameters named in `missing`."""
    message = f"Missing required request parameters: [{', '.join(missing)}]"
    return GatewayResponse(400, "BadRequestException", message)


def unreadable_body(problem: str) -> GatewayResponse:
    """Return the answer to a body that is not JSON, when a template reads it."""
    message = f"Could not parse request body into json: {problem}"
    return GatewayResponse(400, "BadRequestException", message)
