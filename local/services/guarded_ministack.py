"""ministack behind a guard: `uvicorn --factory local.services.guarded_ministack:create_app`.

ministack itself answers any page in a browser: it allows every origin, every Host and every key,
and it has paths that delete everything. The guard lets through what this environment has signed,
and the health path. It compares the access key id, which is random and secret here, and not the
signature. ministack's own `AUTH=true` does not verify signatures of its configured key either.
"""

from __future__ import annotations

import hmac
import os
import re
from pathlib import Path

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.services.kinesis_journal import keep_journal
from local.services.s3_files import keep_objects

__all__ = ["HEALTH_PATH", "Guard", "create_app"]

HEALTH_PATH = "/_ministack/health"

_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")
_CREDENTIAL = re.compile(r"AWS4-\S+ .*\bCredential=([^/,\s]+)/")
_ADMINISTRATIVE = "/_"
"""Names of buckets begin with a letter or digit."""


def create_app() -> ASGIApp:
    """Return ministack for requests with the key id in `GUARD_ACCESS_KEY_ID`.

    `KINESIS_JOURNAL` is the file in which Kinesis keeps its streams and records, `S3_DATA_DIR` the
    folder in which S3 keeps its objects. Neither has a default.
    """
    from ministack.app import app  # noqa: PLC0415  # it reads its settings when it is imported

    if journal := os.environ.get("KINESIS_JOURNAL"):
        keep_journal(Path(journal))
    if folder := os.environ.get("S3_DATA_DIR"):
        keep_objects(Path(folder))
    return Guard(app, os.environ["GUARD_ACCESS_KEY_ID"])


class Guard:
    """Refuses requests of foreign pages, administrative paths, and requests without the key.

    Args:
        application: The application behind it.
        access_key_id: The access key id that requests must be signed with.
    """

    def __init__(self, application: ASGIApp, access_key_id: str) -> None:
        self._application = application
        self._access_key_id = access_key_id.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 403 with the reason, or the answer of the application."""
        reason = None if scope["type"] == "lifespan" else self._reason(scope)
        answer = self._application
        if reason is not None:
            answer = Response(f"Refused: {reason}.\n", 403, media_type="text/plain")
        await answer(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        """Return why a request is refused; null if it is not."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            return f"expected the host 127.0.0.1 or localhost; got {', '.join(hosts)!r}"
        if "origin" in headers:
            return "web pages have no access"
        if scope["path"] == HEALTH_PATH:
            return None
        if scope["path"].startswith(_ADMINISTRATIVE):
            return "administrative paths are closed"
        if not hmac.compare_digest(_access_key_id(scope, headers), self._access_key_id):
            return "expected a request signed with the key of this environment"
        return None


def _access_key_id(scope: Scope, headers: Headers) -> bytes:
    """Return the access key id of a signed request or presigned URL; empty if it has none."""
    if header := _CREDENTIAL.match(headers.get("authorization", "")):
        return header[1].encode()
    credential = QueryParams(scope["query_string"]).get("X-Amz-Credential", "")
    return credential.partition("/")[0].encode()
