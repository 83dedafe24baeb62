"""The application: all routes, the token, the Host check, and errors in the API's form."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.environment import Environment
from local.notebook.runner import workspace_state
from local.settings import HOST
from local.workspace.access import WORKSPACE_ID, Access, Secrets
from local.workspace.api import ApiGroup, endpoint, error_answer
from local.workspace.cluster import Cluster
from local.workspace.dashboards import Dashboards
from local.workspace.errors import ApiError
from local.workspace.files import Files, FileTree
from local.workspace.jobs import Jobs
from local.workspace.notebooks import NotebookTasks
from local.workspace.pages import Pages, error_page, login_page
from local.workspace.scheduler import Scheduler
from local.workspace.store import Document, Store
from local.workspace.unity_catalog import UnityCatalog
from local.workspace.volumes import VolumeLocations

__all__ = ["create_app"]

_COOKIE = "workspace_token"
_COOKIE_SECONDS = 30 * 24 * 3600
_PUBLIC = ("/health", "/login", "/.well-known/databricks-config")
_HOSTS = (HOST, "localhost")


def create_app(environment: Environment) -> ASGIApp:
    """Return the workspace of a local environment; its store is in the state folder."""
    settings, token = environment.settings, environment.secrets.workspace_token
    state, user = workspace_state(settings), f"{settings.user_id}@localhost"
    store, tree = Store(state / "store.db"), FileTree(state / "tree")
    for folder in (f"/Users/{user}", "/Shared"):
        tree.make_folder(folder)
    volumes, cluster = VolumeLocations(settings, store, state / "volumes"), Cluster(environment)
    notebooks = NotebookTasks(environment, tree, cluster, state, volumes.links)
    scheduler = Scheduler(store, notebooks, settings.workspace_url, user)
    groups = [
        _Start(token),
        Files(tree),
        Jobs(store, scheduler, notebooks, user),
        UnityCatalog(store, cluster, volumes, settings.catalog, user),
        Secrets(store, state, user),
        Access(store, user),
        Dashboards(store, tree, user),
        Pages(store, cluster, notebooks, settings.catalog),
    ]

    app = Starlette(
        routes=[route for group in groups for route in group.routes()],
        lifespan=lambda _: _running(scheduler, store),
        exception_handlers={ApiError: _failed, 404: _no_endpoint, 405: _no_endpoint},
    )
    return _Guard(app, token)


@asynccontextmanager
async def _running(scheduler: Scheduler, store: Store) -> AsyncIterator[None]:
    await scheduler.recover()
    yield
    await scheduler.stop()
    store.close()


@dataclass(frozen=True)
class _Start(ApiGroup):
    """Endpoints that need no token, because they reveal nothing."""

    token: str

    @endpoint("GET", "/health")
    def health(self) -> Document:
        return {"status": "ready"}

    @endpoint("GET", "/.well-known/databricks-config")
    def host_metadata(self, request: Request) -> Document:
        base = str(request.base_url).rstrip("/")
        return {"oidc_endpoint": f"{base}/oidc", "workspace_id": WORKSPACE_ID}

    @endpoint("GET", "/login")
    def login(self, token: str = "") -> Response:
        if not _is_same(token, self.token):
            return login_page()
        response = RedirectResponse("/", 303)
        response.set_cookie(_COOKIE, token, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return response


class _Guard:
    """Rejects requests that name another host, and those without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rejection = self._rejection(Request(scope)) if scope["type"] == "http" else None
        await (rejection or self._app)(scope, receive, send)

    def _rejection(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host")
        if host not in _HOSTS:
            message = f"Expected the host {' or '.join(_HOSTS)}; got {host!r}."
            return error_answer(ApiError(400, "BAD_REQUEST", message))
        path = request.url.path
        if path in _PUBLIC or _is_same(_token_of(request), self._token):
            return None
        if not path.startswith("/api/"):
            return login_page()
        message = (
            "Expected the token of the local workspace; got none or a wrong one. "
            "`make -s databricks-env` prints the right DATABRICKS_TOKEN."
        )
        return error_answer(ApiError(401, "UNAUTHENTICATED", message))


def _is_same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _token_of(request: Request) -> str:
    """Return the token of a request: a bearer token, or the cookie of the pages."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials
    is_page = request.method == "GET" and not request.url.path.startswith("/api/")
    return request.cookies.get(_COOKIE, "") if is_page else ""


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101  # registered for this class only
    if request.url.path.startswith("/api/"):
        return error_answer(error)
    return error_page(str(error), error.status)


async def _no_endpoint(request: Request, _: Exception) -> Response:
    what = f"{request.method} {request.url.path}"
    if not request.url.path.startswith("/api/"):
        return error_page(f"There is no page {what}.", 404)
    message = f"The local workspace has no endpoint '{what}'; docs/workspace.md lists what it has."
    return error_answer(ApiError(404, "ENDPOINT_NOT_FOUND", message))
