"""ministack behind a guard: `uvicorn --factory local.services.guarded_ministack:create_app`.

ministack itself answers any page in a browser: it allows every origin and every Host, and it has
paths that delete everything. The guard lets through requests with a key of this environment, and
the health path. Behind it, ministack (`AUTH=true`) verifies the signature of a service's key and
enforces the service's policy. It trusts the environment's own key, whose id is random and secret.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from pydantic import BaseModel, TypeAdapter
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.secrets import AwsKey
from local.services.kinesis_journal import keep_journal
from local.services.s3_files import keep_objects

__all__ = ["ACCOUNT", "HEALTH_PATH", "USERS", "Guard", "User", "create_app"]

HEALTH_PATH = "/_ministack/health"
ACCOUNT = "000000000000"
"""The AWS account of all keys."""

_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/[^=]*=[^=]*=[^=]*")
"""One credential, its signed headers, and the signature."""
_ADMINISTRATIVE = "/_"
"""Names of buckets begin with a letter or digit."""


class User(BaseModel):
    """A service that calls this one.

    Attributes:
        name: The service.
        key: Its access key.
        policy: What it may do: the JSON text of an IAM policy.
    """

    name: str
    key: AwsKey
    policy: str


USERS = TypeAdapter(list[User])


def create_app() -> ASGIApp:
    """Return ministack for requests with the key id in `AWS_ACCESS_KEY_ID` or of `GUARD_USERS`.

    `GUARD_USERS` is a list of users as JSON. `KINESIS_JOURNAL` is the file in which Kinesis keeps
    its streams and records, `S3_DATA_DIR` the folder in which S3 keeps its objects.
    """
    from ministack.app import app  # noqa: PLC0415  # it reads its settings when it is imported

    if journal := os.environ.get("KINESIS_JOURNAL"):
        keep_journal(Path(journal))
    if folder := os.environ.get("S3_DATA_DIR"):
        keep_objects(Path(folder))
    users = USERS.validate_json(os.environ["GUARD_USERS"])
    _add(users)
    return Guard(app, [os.environ["AWS_ACCESS_KEY_ID"], *(user.key.id for user in users)])


def _add(users: Iterable[User]) -> None:
    """Add IAM users. Calls of IAM would create other keys at each start."""
    from ministack.services import iam  # noqa: PLC0415  # it reads its settings when it is imported

    for user in users:
        own = {"UserName": user.name}
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user.name}"
        iam.load_persisted_state({
            "users": {user.name: {**own, "Arn": arn, "UserId": user.name, "Path": "/"}},
            "access_keys": {
                user.key.id: {
                    **own,
                    "AccessKeyId": user.key.id,
                    "SecretAccessKey": user.key.secret,
                    "Status": "Active",
                }
            },
            "user_inline_policies": {user.name: {"policy": user.policy}},
        })


class Guard:
    """Refuses requests of foreign pages, administrative paths, and requests without the key.

    Args:
        application: The application behind it.
        access_key_ids: The access key ids that requests may be signed with.
    """

    def __init__(self, application: ASGIApp, access_key_ids: Collection[str]) -> None:
        self._application = application
        self._access_key_ids = [key_id.encode() for key_id in access_key_ids]

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
        key_id = _access_key_id(scope, headers)
        if not any(hmac.compare_digest(key_id, known) for known in self._access_key_ids):
            return "expected a request signed with a key of this environment"
        return None


def _access_key_id(scope: Scope, headers: Headers) -> bytes:
    """Return the access key id of a signed request or presigned URL.

    It is empty for a request with none or several: ministack might take another one of them.
    """
    query = QueryParams(scope["query_string"]).multi_items()
    presigned = [value for name, value in query if name.lower() == "x-amz-credential"]
    match headers.getlist("authorization"), presigned:
        case [header], [] if found := _AUTHORIZATION.fullmatch(header):
            return found[1].encode()
        case [], [credential]:
            return credential.partition("/")[0].encode()
        case _:
            return b""
