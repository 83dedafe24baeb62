"""Endpoints of the API as methods: arguments by signature, JSON answers, SDK classes as models."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Protocol, Self

from pydantic import ConfigDict, ValidationError, validate_call
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.workspace.errors import ApiError, invalid
from local.workspace.store import Document

__all__ = ["ApiGroup", "endpoint", "error_answer", "parse"]

_IGNORED = frozenset({
    "attributes", "include_browse", "include_history", "include_resolved_values",
    "include_user_names", "max_results", "page_size", "page_token", "return_export_info",
})  # fmt: skip
"""Arguments without an effect here: there is one page, and each detail is included."""

_EMPTY: tuple[object, ...] = (None, "", [], {})
_CONFIG = ConfigDict(arbitrary_types_allowed=True, coerce_numbers_to_str=True)
_ENDPOINTS: dict[Callable[..., Any], tuple[str, str]] = {}


class _Model(Protocol):
    """A request or response class of the SDK."""

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Self: ...

    def as_dict(self) -> dict[str, Any]: ...


def endpoint[H: Callable[..., Any]](method: str, path: str) -> Callable[[H], H]:
    """Return a decorator that makes a method of an `ApiGroup` an endpoint.

    Its parameters are arguments of the request: from the path, the query or the JSON body, in
    which Airflow sends arguments of a GET, too. The parameter `body` is the whole JSON body; with
    `request`, the method reads the body itself. It returns a response, an object of the SDK,
    JSON, or None for `{}`.
    """

    def register(handler: H) -> H:
        _ENDPOINTS[handler] = method, path
        return handler

    return register


class ApiGroup:
    """A group of endpoints."""

    def routes(self) -> list[Route]:
        """Return the routes of the endpoints."""
        handlers = {
            name: _ENDPOINTS[value]
            for name, value in vars(type(self)).items()
            if callable(value) and value in _ENDPOINTS
        }
        return [
            Route(path, _answering(getattr(self, name)), methods=[method])
            for name, (method, path) in handlers.items()
        ]


def error_answer(error: ApiError) -> Response:
    """Return the answer of the API to a request that failed."""
    return JSONResponse({"error_code": error.error_code, "message": str(error)}, error.status)


def parse[M: _Model](model: type[M], given: Mapping[str, Any]) -> M:
    """Return a request as the SDK's class.

    Raises:
        ApiError: Raised when the request has a field or a value that the class does not know.
    """
    try:
        parsed = model.from_dict(dict(given))
        known = parsed.as_dict()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise invalid(f"The request is not a {model.__name__}: {error!r}.") from None
    lost = list(_lost(given, known, ""))
    if lost:
        raise invalid(
            f"The local workspace does not know {', '.join(lost)}. "
            f"It accepts the fields of {model.__name__} in the Databricks SDK."
        )
    return parsed


def _lost(given: object, known: object, path: str) -> Iterator[str]:
    """Yield the fields of `given` that are not in `known`."""
    if isinstance(given, dict) and isinstance(known, dict):
        for name, value in given.items():
            inner = f"{path}.{name}" if path else str(name)
            if name in known:
                yield from _lost(value, known[name], inner)
            elif value not in _EMPTY:
                yield f"{inner}={value!r}" if isinstance(value, str) else inner
    elif isinstance(given, list) and isinstance(known, list):
        for index, (value, kept) in enumerate(zip(given, known, strict=False)):
            yield from _lost(value, kept, f"{path}[{index}]")


def _answering(handler: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
    names = inspect.signature(handler).parameters.keys()
    validated = validate_call(config=_CONFIG)(handler)

    async def answer(request: Request) -> Response:
        arguments = await _arguments(request, names)
        try:
            result = validated(**arguments)
            if inspect.isawaitable(result):
                result = await result
        except ValidationError as error:
            raise _argument_error(error) from None
        if isinstance(result, Response):
            return result
        return JSONResponse(result.as_dict() if hasattr(result, "as_dict") else result or {})

    return answer


async def _arguments(request: Request, names: AbstractSet[str]) -> Document:
    body = {} if "request" in names else await _body(request)
    query = dict(request.query_params)
    given = {name: value for name, value in {**body, **query}.items() if value not in _EMPTY}
    unknown = given.keys() - names - _IGNORED
    if unknown and "body" not in names and request.url.path.startswith("/api/"):
        raise invalid(
            f"The local workspace does not know {', '.join(sorted(unknown))} here; it accepts "
            f"{', '.join(sorted(names - {'request'})) or 'no argument'}."
        )
    arguments = {**given, **request.path_params, "body": body, "request": request}
    return {name: value for name, value in arguments.items() if name in names}


async def _body(request: Request) -> Document:
    """Return the fields of a form or of a JSON object."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        fields = (await request.form()).items()
        return {n: await v.read() if isinstance(v, UploadFile) else v for n, v in fields}
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("Expected a JSON object in the body of the request.")
    return body


def _argument_error(error: ValidationError) -> ApiError:
    problem = error.errors()[0]
    name = problem["loc"][0]
    if problem["type"].startswith("missing"):
        return invalid(f"Expected the field {name!r}; the request has none.")
    return invalid(f"{problem['msg']} in the field {name!r}; got {problem['input']!r}.")
