"""Endpoints of the API: arguments, request models of the SDK, and JSON answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.workspace.errors import invalid

__all__ = ["Call", "Handler", "endpoint", "parse", "run_in_threadpool"]

_TRUE = ("true", "1")


class _Model(Protocol):
    """A request or response class of the SDK."""

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Self: ...

    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Call:
    """One request: its arguments are the query and the JSON body together.

    Airflow sends arguments of a GET in its body.
    """

    request: Request
    arguments: Mapping[str, Any]

    def text(self, name: str, default: str | None = None) -> str:
        """Return an argument, from the path, the query or the body.

        Raises:
            ApiError: Raised when it is missing and there is no default.
        """
        value = self.request.path_params.get(name, self.arguments.get(name, default))
        if value is None or value == "":
            raise invalid(f"Expected the field {name!r}; the request has none.")
        return str(value)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an argument as a whole number.

        Raises:
            ApiError: Raised when it is missing without a default, or is no whole number.
        """
        value = self.text(name, None if default is None else str(default))
        try:
            return int(value)
        except ValueError:
            raise invalid(f"Expected a whole number in {name!r}; got {value!r}.") from None

    def optional_number(self, name: str) -> int | None:
        """Return an argument as a whole number; null if it is missing."""
        return self.number(name) if self.arguments.get(name) not in (None, "") else None

    def flag(self, name: str) -> bool:
        """Return whether an argument is true; false if it is missing."""
        return str(self.arguments.get(name, "")).lower() in _TRUE


type Handler = Callable[[Call], Awaitable[object]]


def endpoint(method: str, path: str, handler: Handler) -> Route:
    """Return the route of an endpoint; `handler` returns a response, or what becomes JSON."""

    async def answer(request: Request) -> Response:
        result = await handler(Call(request, await _arguments(request)))
        return result if isinstance(result, Response) else JSONResponse(result)

    return Route(path, answer, methods=[method])


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
            elif value not in (None, "", [], {}):
                yield f"{inner}={value!r}" if isinstance(value, str) else inner
    elif isinstance(given, list) and isinstance(known, list):
        for index, (value, kept) in enumerate(zip(given, known, strict=False)):
            yield from _lost(value, kept, f"{path}[{index}]")


async def _arguments(request: Request) -> dict[str, Any]:
    # Airflow asks for the first page with an empty token.
    arguments: dict[str, Any] = {
        name: value for name, value in request.query_params.items() if value
    }
    is_file = request.headers.get("content-type", "").startswith((
        "multipart/",
        "application/octet-stream",
    ))
    body = b"" if is_file or request.method == "HEAD" else await request.body()
    if not body:
        return arguments
    try:
        parsed = json.loads(body)
    except ValueError:
        # Uploads have no content type; their handlers read the body.
        return arguments
    return arguments | parsed if isinstance(parsed, dict) else arguments
