"""The two backends of an integration: an HTTP server, and Kinesis by signed calls.

Forwarded headers: "Amazon API Gateway important notes" and "HTTP proxy integrations" in the API
Gateway developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import aiohttp
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from multidict import CIMultiDict
from yarl import URL

from local.api_gateway.admission import content_type
from local.api_gateway.errors import (
    API_CONFIGURATION_ERROR,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponseError,
)
from local.api_gateway.integrations import (
    AwsIntegration,
    HttpProxyIntegration,
    IntegrationResponse,
)
from local.api_gateway.mapping_template import MappingTemplate
from local.api_gateway.settings import ApiGatewaySettings

__all__ = [
    "AwsService",
    "HttpProxy",
    "backend_url",
    "mapped_status",
    "request_headers",
    "response_headers",
]

_NOT_SENT: Final = frozenset({
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
})
_NOT_RETURNED: Final = frozenset({"content-encoding", "transfer-encoding", "via"})
_RENAMED: Final = frozenset({"connection", "content-length", "date", "server"})
_DEFAULTS: Final = {"Accept": "application/json", "User-Agent": "AmazonAPIGateway_local"}

_TARGET: Final = "Kinesis_20131202"
_CONTENT_TYPE: Final = "integration.request.header.Content-Type"


class HttpProxy:
    """The backend of one http_proxy integration: forwards almost everything unchanged."""

    def __init__(self, integration: HttpProxyIntegration) -> None:
        self._integration = integration
        self._timeout = aiohttp.ClientTimeout(total=integration.timeout_milliseconds / 1000)

    async def send(
        self,
        client: aiohttp.ClientSession,
        request: web.Request,
        path_parameters: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        """Return the backend's answer to `request`."""
        url = backend_url(self._integration, path_parameters, request.rel_url.raw_query_string)
        async with client.request(
            self._integration.http_method,
            url,
            data=body,
            headers=request_headers(request.headers, self._integration.headers),
            timeout=self._timeout,
            allow_redirects=False,
        ) as answer:
            content, headers = await answer.read(), response_headers(answer.headers)
            return web.Response(status=answer.status, body=content, headers=headers)


def backend_url(
    integration: HttpProxyIntegration, path_parameters: Mapping[str, str], query: str
) -> URL:
    """Return the URL of the backend. Every parameter stays one part of its path."""
    uri = integration.uri
    for variable, parameter in integration.path_mapping.items():
        uri = uri.replace(f"{{{variable}}}", quote(path_parameters[parameter], safe=""))
    # encoded: otherwise yarl would resolve a parameter of two dots.
    return URL(f"{uri}?{query}" if query else uri, encoded=True)


def request_headers(headers: Mapping[str, str], own: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the backend: those of the client, and the API's own instead."""
    sent = CIMultiDict((n, v) for n, v in headers.items() if n.lower() not in _NOT_SENT)
    for name, value in _DEFAULTS.items():
        sent.setdefault(name, value)
    for name, value in own.items():
        sent[name] = value
    return sent


def response_headers(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the client; those that the gateway sets itself are renamed."""
    return CIMultiDict(
        (f"x-amzn-Remapped-{name}" if name.lower() in _RENAMED else name, value)
        for name, value in headers.items()
        if name.lower() not in _NOT_RETURNED
    )


class AwsService:
    """The backend of one aws integration: a template turns a request into a call of Kinesis."""

    def __init__(self, integration: AwsIntegration, settings: ApiGatewaySettings) -> None:
        self._responses = integration.responses
        self._templates = {
            kind.lower(): MappingTemplate(text)
            for kind, text in integration.request_templates.items()
        }
        self._timeout = aiohttp.ClientTimeout(total=integration.timeout_milliseconds / 1000)
        self._url = f"{settings.kinesis_url}/"
        self._headers = {
            "Content-Type": integration.request_parameters[_CONTENT_TYPE].strip("'"),
            "X-Amz-Target": f"{_TARGET}.{integration.action}",
        }
        key = settings.aws_access_key_id.get_secret_value()
        credentials = Credentials(key, settings.aws_secret_access_key.get_secret_value())
        self._signer = SigV4Auth(credentials, "kinesis", integration.region)

    async def send(
        self,
        client: aiohttp.ClientSession,
        request: web.Request,
        path_parameters: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        """Return the answer of Kinesis to `request`, with the status that the document maps it to.

        Raises:
            GatewayResponseError: Raised when no template matches the content type.
        """
        template = self._templates.get(content_type(request))
        if template is None:
            raise GatewayResponseError(UNSUPPORTED_MEDIA_TYPE)
        call = template.fill(body, [path_parameters, request.query, request.headers])
        async with client.post(
            self._url, data=call, headers=self._signed(call), timeout=self._timeout
        ) as answer:
            status = mapped_status(answer.status, self._responses)
            content = await answer.read()
            return web.Response(status=status, body=content, content_type="application/json")

    def _signed(self, call: bytes) -> dict[str, str]:
        signed = AWSRequest("POST", self._url, headers=self._headers, data=call)
        self._signer.add_auth(signed)
        return dict(signed.headers)


def mapped_status(status: int, responses: Mapping[str, IntegrationResponse]) -> int:
    """Return the client's status: of the first pattern that matches `status`, or of `default`.

    Raises:
        GatewayResponseError: Raised when no pattern matches and there is no default.
    """
    matching = [r for p, r in responses.items() if p != "default" and re.fullmatch(p, str(status))]
    chosen = matching[0] if matching else responses.get("default")
    if chosen is None:
        raise GatewayResponseError(API_CONFIGURATION_ERROR)
    return int(chosen.status_code)
