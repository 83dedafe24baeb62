"""Reads request bodies, which may be compressed."""

from __future__ import annotations

import gzip
import io
import zlib

from aiohttp import web

from local.api_gateway.errors import (
    BAD_REQUEST_BODY,
    REQUEST_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponseError,
)

__all__ = ["read_body", "sent_body"]


async def sent_body(request: web.Request) -> bytes:
    """Return the body of a request as it was sent.

    Raises:
        GatewayResponseError: Raised when the body is too large.
    """
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise GatewayResponseError(REQUEST_TOO_LARGE) from error


async def read_body(request: web.Request) -> bytes:
    """Return the body of a request, decompressed.

    aiohttp's own decompression would break the connection at a corrupt body.

    Raises:
        GatewayResponseError: Raised when the body is too large, also after the decompression, is
            corrupt, or has an encoding other than gzip and deflate.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    body = await sent_body(request)
    limit = request.client_max_size
    try:
        if encoding == "gzip":
            body = gzip.GzipFile(fileobj=io.BytesIO(_not_empty(body))).read(limit + 1)
        elif encoding == "deflate":
            body = _inflated(_not_empty(body), limit + 1)
        elif encoding != "identity":
            raise GatewayResponseError(UNSUPPORTED_MEDIA_TYPE)
    except (EOFError, OSError, zlib.error) as error:
        raise GatewayResponseError(BAD_REQUEST_BODY) from error
    if len(body) > limit:
        raise GatewayResponseError(REQUEST_TOO_LARGE)
    return body


def _not_empty(body: bytes) -> bytes:
    if not body:
        raise EOFError
    return body


def _inflated(body: bytes, max_bytes: int) -> bytes:
    has_header = body[0] & 0xF == zlib.DEFLATED  # some clients send none
    stream = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    inflated = stream.decompress(body, max_bytes)
    if not stream.eof and len(inflated) < max_bytes:
        raise EOFError
    return inflated
