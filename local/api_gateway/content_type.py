"""The content type of a request, by which its schema and its template are chosen."""

from __future__ import annotations

from aiohttp import hdrs, web

__all__ = ["content_type"]


def content_type(request: web.Request) -> str:
    """Return the content type of `request`, without parameters and in small letters.

    A request without one counts as JSON, as on AWS.
    """
    return request.content_type if hdrs.CONTENT_TYPE in request.headers else "application/json"
