"""The application: all routes, the token, the Host check, and errors in the API's form."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.environment import Environment
from local.notebook.runner import workspace_state
from local.notebook.runtime.storage import PathView, Storage
from local.settings import HOST
from local.workspace import (
    access,
    dashboards,
    files,
    jobs,
    pages,
    runs,
    secret_scopes,
    unity_catalog,
    volumes,
)
from local.workspace.cluster import Cluster
from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import ApiError
from local.workspace.locations import VolumeLocations
from local.workspace.notebooks import NotebookTasks
from local.workspace.scheduler import Scheduler
from local.workspace.store import Store
from local.workspace.tree import FileTree
from local.workspace.wheels import WheelCache

__all__ = ["create_app"]

_COOKIE = "workspace_token"
_COOKIE_SECONDS = 30 * 24 * 3600
_PUBLIC = ("/health", "/login", "/.well-known/databricks-config")
_HOSTS = (HOST, "localhost")


class _Version(Convertor[str]):
    """The versions of the Jobs API, all of which have the same requests here."""

    regex = r"2\.[0-2]"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def create_app(environment: Environment) -> ASGIApp:
    """Return the workspace of a local environment; its store is in the state folder."""
    register_url_convertor("version", _Version())
    settings = environment.settings
    state, user = workspace_state(settings), f"{settings.user_id}@localhost"
    store, tree = Store(state / "store.db"), FileTree(state / "tree")
    for folder in (f"/Users/{user}", "/Shared"):
        tree.make_folder(folder)
    locations = VolumeLocations(settings, store, state / "volumes")
    cluster, runs_folder = Cluster(environment), state / "runs"
    notebooks = NotebookTasks(
        environment, tree, WheelCache(state / "wheels"), volumes=locations.links
    )
    scheduler = Scheduler(store, notebooks, runs_folder, settings.workspace_url, user)
    routes = [
        endpoint("GET", "/health", _health),
        endpoint("GET", "/.well-known/databricks-config", _host_metadata),
        *files.routes(tree),
        *volumes.routes(PathView(locations.links, Storage(settings.landing_url))),
        *jobs.routes(store, scheduler, user),
        *runs.routes(store, scheduler, runs_folder),
        *unity_catalog.routes(store, cluster, locations, settings.catalog, user),
        *secret_scopes.routes(store, state, user),
        *access.routes(store, user),
        *dashboards.routes(store, tree, user),
        *pages.routes(store, cluster, runs_folder, settings.catalog),
        Route("/login", _login(environment.secrets.workspace_token)),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        scheduler.recover()
        yield
        await scheduler.stop()
        store.close()

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={ApiError: _api_error, 404: _no_endpoint, 405: _no_endpoint},
    )
    return _Guard(app, environment.secrets.workspace_token)


class _Guard:
    """Rejects requests of other hosts' pages, and those without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rejection = self._rejection(Request(scope)) if scope["type"] == "http" else None
        await (rejection or self._app)(scope, receive, send)

    def _rejection(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host")
        if host not in _HOSTS:
            error = ApiError(
                400, "BAD_REQUEST", f"Expected the host {' or '.join(_HOSTS)}; got {host!r}."
            )
            return JSONResponse(error.body, error.status)
        path = request.url.path
        if path in _PUBLIC or hmac.compare_digest(
            _token_of(request).encode(), self._token.encode()
        ):
            return None
        if path.startswith("/api/"):
            error = ApiError(
                401,
                "UNAUTHENTICATED",
                "Expected the token of the local workspace; got none or a wrong one. "
                "`make -s databricks-env` prints the right DATABRICKS_TOKEN.",
            )
            return JSONResponse(error.body, error.status)
        return pages.login_page()


def _token_of(request: Request) -> str:
    """Return the token of a request: Bearer, Basic, or the cookie of the pages."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    is_page = request.method == "GET" and not request.url.path.startswith("/api/")
    return request.cookies.get(_COOKIE, "") if is_page else ""


def _login(token: str) -> Callable[[Request], Awaitable[Response]]:
    async def login(request: Request) -> Response:
        given = request.query_params.get("token", "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return pages.login_page()
        response = RedirectResponse("/", 303)
        response.set_cookie(_COOKIE, token, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    return login


async def _health(call: Call) -> object:
    del call
    return {"status": "ready"}


async def _host_metadata(call: Call) -> object:
    base = str(call.request.base_url).rstrip("/")
    return {"oidc_endpoint": f"{base}/oidc", "workspace_id": access.WORKSPACE_ID}


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101  # registered for this class only
    if request.url.path.startswith("/api/"):
        return JSONResponse(error.body, error.status)
    return pages.error_page(str(error), error.status)


async def _no_endpoint(request: Request, error: Exception) -> Response:
    del error
    what = f"{request.method} {request.url.path}"
    if not request.url.path.startswith("/api/"):
        return pages.error_page(f"There is no page {what}.", 404)
    missing = ApiError(
        404,
        "ENDPOINT_NOT_FOUND",
        f"The local workspace has no endpoint '{what}'; docs/workspace.md lists what it has.",
    )
    return JSONResponse(missing.body, missing.status)
