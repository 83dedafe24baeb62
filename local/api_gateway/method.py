"""The way of one request through the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp import web

from local.api_gateway.api_model import Api
from local.api_gateway.aws_service import AwsService
from local.api_gateway.content_type import content_type
from local.api_gateway.gateway_responses import REQUEST_TOO_LARGE, GatewayResponseError
from local.api_gateway.http_proxy import HttpProxy
from local.api_gateway.integrations import AwsIntegration, Integration
from local.api_gateway.operation import Operation
from local.api_gateway.settings import ApiGatewaySettings
from local.api_gateway.usage_plan import UsagePlan
from local.api_gateway.validation import RequestValidation

__all__ = ["CLIENT", "Method"]

CLIENT: Final = web.AppKey("client", aiohttp.ClientSession)
"""The connections to the backends."""


class Method:
    """One operation of the document.

    Args:
        api: The document.
        operation: The operation in it.
        settings: Where Kinesis is.
        plan: Who may call.
        path_names: The path parameter for each variable of the route.
    """

    def __init__(
        self,
        api: Api,
        operation: Operation,
        settings: ApiGatewaySettings,
        plan: UsagePlan,
        path_names: Mapping[str, str],
    ) -> None:
        self._needs_key = operation.needs_key
        self._validation = RequestValidation(api, operation)
        self._integration = _backend(operation.integration, settings)
        self._plan = plan
        self._path_names = path_names

    async def __call__(self, request: web.Request) -> web.Response:
        """Return the answer to one request."""
        if self._needs_key:
            self._plan.admit(request.headers.get("x-api-key"))
        self._validation.check_parameters(request.query, request.headers)
        body = await _body(request)
        self._validation.check_body(content_type(request), body)
        parameters = {self._path_names[k]: v for k, v in request.match_info.items()}
        return await self._integration.send(request.app[CLIENT], request, parameters, body)


def _backend(integration: Integration, settings: ApiGatewaySettings) -> HttpProxy | AwsService:
    if isinstance(integration, AwsIntegration):
        return AwsService(integration, settings)
    return HttpProxy(integration)


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise GatewayResponseError(REQUEST_TOO_LARGE) from error
