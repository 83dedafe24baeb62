"""The gateway as a web application."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Container

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.api_gateway.api_model import Api
from local.api_gateway.gateway_responses import (
    INVALID_API_KEY,
    MISSING_AUTHENTICATION_TOKEN,
    GatewayResponseError,
)
from local.api_gateway.method import CLIENT, Method
from local.api_gateway.settings import ApiGatewaySettings
from local.api_gateway.usage_plan import TokenBucket, UsagePlan

__all__ = ["HEALTH_PATH", "create_app"]

HEALTH_PATH = "/_health"
"""Outside of every stage, so that it is no part of the API: no key, no throttle, no name taken."""

_MAX_CONNECTIONS = 128


def create_app(api: Api, settings: ApiGatewaySettings) -> web.Application:
    """Return the application that serves `api`."""
    plan = UsagePlan(
        settings.api_key.get_secret_value(), TokenBucket(settings.rate, settings.burst)
    )
    app = web.Application(
        client_max_size=settings.max_body_bytes,
        middlewares=[_answering_for(settings.allowed_hosts)],
    )
    app.cleanup_ctx.append(_client)
    app.router.add_get(HEALTH_PATH, _health)
    for path, methods in api.paths.items():
        route, names = _route(path)
        for verb, operation in methods.items():
            handler = Method(api, operation, settings, plan, names)
            app.router.add_route(verb, f"/{settings.stage}{route}", handler.__call__)
    return app


def _route(path: str) -> tuple[str, dict[str, str]]:
    """Return aiohttp's form of `path`, and the parameter for each of its variables.

    API Gateway's names may hold hyphens and dots, aiohttp's may not.
    """
    names: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        name = f"parameter_{len(names)}"
        names[name] = match[1]
        return f"{{{name}:[^/]+}}"

    return re.sub(r"\{([^}]+)\}", variable, path), names


async def _client(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=_MAX_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as c:
        app[CLIENT] = c
        yield


async def _health(_request: web.Request) -> web.Response:
    return web.Response()


def _answering_for(allowed_hosts: Container[str]) -> Middleware:
    """Return what wraps every request: the host allow-list, AWS' errors, a request id."""

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
            return INVALID_API_KEY.answer()
        return await handler(request)
    except GatewayResponseError as error:
        return error.response.answer()
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return MISSING_AUTHENTICATION_TOKEN.answer()
