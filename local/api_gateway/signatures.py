"""AWS_IAM authorization: a request must be signed with the environment's own AWS key.

Rules: "Signing AWS API requests" in the IAM User Guide. botocore computes the signature.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from hmac import compare_digest
from typing import Final

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.api_gateway.errors import (
    INCOMPLETE_SIGNATURE,
    INVALID_SIGNATURE,
    MISSING_AUTHENTICATION_TOKEN,
    SIGNATURE_EXPIRED,
    UNKNOWN_ACCESS_KEY,
    GatewayResponseError,
)
from local.api_gateway.settings import ApiGatewaySettings

__all__ = ["SignatureCheck"]

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request, ?SignedHeaders=(?P<headers>[^,\s]+)"
    r", ?Signature=(?P<signature>[0-9a-f]{64})"
)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_VALID_FOR: Final = dt.timedelta(minutes=5)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class SignatureCheck:
    """Checks the SigV4 signatures of requests.

    Args:
        settings: The key that requests must be signed with, and the region of the API.
        now: Returns the time.
    """

    def __init__(self, settings: ApiGatewaySettings, now: Callable[[], dt.datetime] = _now) -> None:
        key_id = settings.aws_access_key_id.get_secret_value()
        self._key_id = key_id
        credentials = Credentials(key_id, settings.aws_secret_access_key.get_secret_value())
        self._signer = SigV4Auth(credentials, "execute-api", settings.region)
        self._scope = (settings.region, "execute-api")
        self._now = now

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
        if abs(self._now() - signed_at) > _VALID_FOR:
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
