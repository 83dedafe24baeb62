"""The http_proxy integration: forwards requests and answers almost unchanged.

Headers: "Amazon API Gateway important notes" and "HTTP proxy integrations" in the API Gateway
developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from local.api_gateway.integrations import HttpProxyIntegration

__all__ = ["HttpProxy", "backend_url", "request_headers", "response_headers"]

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


class HttpProxy:
    """The backend of one http_proxy integration."""

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
            headers=request_headers(request.headers),
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


def request_headers(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the backend."""
    sent = CIMultiDict((n, v) for n, v in headers.items() if n.lower() not in _NOT_SENT)
    for name, value in _DEFAULTS.items():
        sent.setdefault(name, value)
    return sent


def response_headers(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the client; those that the gateway sets itself are renamed."""
    return CIMultiDict(
        (f"x-amzn-Remapped-{name}" if name.lower() in _RENAMED else name, value)
        for name, value in headers.items()
        if name.lower() not in _NOT_RETURNED
    )
