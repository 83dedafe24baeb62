"""The gateway as a web application, and the path of one request through it."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Container, Mapping
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.api_gateway.admission import (
    RequestValidation,
    SignatureCheck,
    TokenBucket,
    UsagePlan,
    content_type,
)
from local.api_gateway.api_model import Api, Operation
from local.api_gateway.backends import AwsService, HttpProxy
from local.api_gateway.bodies import read_body, sent_body
from local.api_gateway.errors import (
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    INVALID_API_KEY,
    MISSING_AUTHENTICATION_TOKEN,
    GatewayResponseError,
)
from local.api_gateway.integrations import AwsIntegration, Integration
from local.api_gateway.settings import HEALTH_PATH, ApiGatewaySettings

__all__ = ["OperationHandler", "create_app"]

_CLIENT: Final = web.AppKey("client", aiohttp.ClientSession)
"""The connections to the backends."""

_MAX_CONNECTIONS: Final = 128


def create_app(api: Api, settings: ApiGatewaySettings) -> web.Application:
    """Return the application that serves `api`."""
    plan = UsagePlan(
        settings.api_key.get_secret_value(), TokenBucket(settings.rate, settings.burst)
    )
    app = web.Application(
        client_max_size=settings.max_body_bytes,
        handler_args={"auto_decompress": False},  # `read_body` does it
        middlewares=[_answer_like_aws(settings.allowed_hosts)],
    )
    app.cleanup_ctx.append(_open_client)
    app.router.add_get(HEALTH_PATH, _health)
    for path, methods in api.paths.items():
        route, names = _route(path)
        for verb, operation in methods.items():
            handler = OperationHandler(api, operation, settings, plan, names)
            app.router.add_route(verb, f"/{settings.stage}{route}", handler.__call__)
    return app


class OperationHandler:
    """Answers the requests for one operation of the document.

    Args:
        api: The document.
        operation: The operation in it.
        settings: The URL of Kinesis, and the AWS key for its calls and for signatures.
        plan: The API key and its throttle.
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
        self._signatures = SignatureCheck(settings) if operation.needs_signature else None
        self._needs_key = operation.needs_key
        self._validation = RequestValidation(api, operation)
        self._backend = _backend(operation.integration, settings)
        self._plan = plan
        self._path_names = path_names

    async def __call__(self, request: web.Request) -> web.Response:
        """Return the answer to one request.

        Raises:
            GatewayResponseError: Raised when the gateway answers instead of the backend.
        """
        if self._signatures is not None:
            self._signatures.check(request, await sent_body(request))
        if self._needs_key:
            self._plan.admit(request.headers.get("x-api-key"))
        self._validation.check_parameters(request.query, request.headers)
        body = await read_body(request)
        self._validation.check_body(content_type(request), body)
        parameters = {self._path_names[k]: v for k, v in request.match_info.items()}
        try:
            return await self._backend.send(request.app[_CLIENT], request, parameters, body)
        except TimeoutError as error:
            raise GatewayResponseError(INTEGRATION_TIMEOUT) from error
        except aiohttp.ClientError as error:
            raise GatewayResponseError(INTEGRATION_FAILURE) from error


def _backend(integration: Integration, settings: ApiGatewaySettings) -> HttpProxy | AwsService:
    if isinstance(integration, AwsIntegration):
        return AwsService(integration, settings)
    return HttpProxy(integration)


def _route(path: str) -> tuple[str, dict[str, str]]:
    """Return aiohttp's form of `path`, and the parameter for each of its variables.

    API Gateway's parameter names may hold hyphens and dots; aiohttp's may not.
    """
    names: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        name = f"parameter_{len(names)}"
        names[name] = match[1]
        return f"{{{name}:[^/]+}}"

    return re.sub(r"\{([^}]+)\}", variable, path), names


async def _open_client(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=_MAX_CONNECTIONS)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=cookies) as client:
        app[_CLIENT] = client
        yield


async def _health(_request: web.Request) -> web.Response:
    return web.Response()


def _answer_like_aws(allowed_hosts: Container[str]) -> Middleware:
    """Return the middleware of every request: allowed hosts, AWS' errors, a request id."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await _answer(request, handler, allowed_hosts)
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response

    return answer


async def _answer(
    request: web.Request, handler: Handler, allowed_hosts: Container[str]
) -> web.StreamResponse:
    try:
        if request.url.host not in allowed_hosts:
            return INVALID_API_KEY.to_http()
        return await handler(request)
    except GatewayResponseError as error:
        return error.response.to_http()
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return MISSING_AUTHENTICATION_TOKEN.to_http()
