"""What a run can be told, checked."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from emulation.errors import SettingsError

__all__ = [
    "DEFAULT_API",
    "LOCAL_STATE",
    "MAX_BATCH_POSTS",
    "Destination",
    "checked_api",
    "checked_api_key",
    "checked_user_id",
]

LOCAL_STATE = Path(__file__).resolve().parents[1] / ".local"
"""The folder of the checkout that git ignores."""
DEFAULT_API = "http://127.0.0.1:18080/prod"
MAX_BATCH_POSTS = 500
"""What one request may hold: the limit of Kinesis' PutRecords, kept for both ways."""
MAX_USER_ID = 236
"""Kafka's 249 characters of a topic's name, less those of `.dead_letters`, its longest end."""

_NO_KEY = """\
No API key. Set PINTEREST_API_KEY in the environment.
The local stack makes its key at its first start (make up) and keeps it as "api_key" in \
.local/stack/secrets.json:
  export PINTEREST_API_KEY=$(make -s api-key)
On AWS it is the key of the API's usage plan."""


class Destination(StrEnum):
    """Where posts are sent."""

    KAFKA = "kafka"


def checked_user_id(user_id: str) -> str:
    """Return `user_id`.

    Raises:
        SettingsError: If topics could not be named, or their landing folders not be read.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", user_id) or len(user_id) > MAX_USER_ID:
        raise SettingsError(
            f"The user id {user_id!r} cannot begin a topic's name: expected a letter or digit, "
            f"then letters, digits, dots, underscores or hyphens; {MAX_USER_ID} at most."
        )
    return user_id


def checked_api(api: str) -> str:
    """Return `api` without a slash at its end.

    Raises:
        SettingsError: If it is not an http or https URL.
    """
    parts = urlsplit(api)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(
            f"--api is {api!r}: expected the API's base URL with its stage, as {DEFAULT_API}"
        )
    return api.rstrip("/")


def checked_api_key(api_key: str | None) -> str:
    """Return `api_key`.

    Raises:
        SettingsError: If there is none, or a header cannot hold it.
    """
    if not api_key:
        raise SettingsError(_NO_KEY)
    if not re.fullmatch(r"[!-~]+", api_key):
        raise SettingsError("PINTEREST_API_KEY holds blanks or signs that no HTTP header can hold.")
    return api_key
