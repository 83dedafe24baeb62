"""What a run can be told, checked."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from emulation.errors import SettingsError

__all__ = [
    "DEFAULT_API",
    "EXPORT_LOCAL_KEY",
    "LOCAL_STATE",
    "MAX_BATCH_POSTS",
    "To",
    "checked_api",
    "checked_api_key",
]

LOCAL_STATE = Path(__file__).resolve().parents[1] / ".local"
"""The folder of the checkout that git ignores."""
DEFAULT_API = "http://127.0.0.1:18080/prod"
MAX_BATCH_POSTS = 500
"""What one request may hold: the limit of Kinesis' PutRecords, kept for both ways."""

EXPORT_LOCAL_KEY = "export PINTEREST_API_KEY=$(make -s api-key)"
"""What a shell is told to use the key of the local stack."""

_NO_KEY = f"""\
No API key. Set PINTEREST_API_KEY in the environment.
The local stack makes its key at its first start (make up) and keeps it as "api_key" in \
.local/stack/secrets.json:
  {EXPORT_LOCAL_KEY}
On AWS it is the key of the API's usage plan."""


class To(StrEnum):
    """Where posts are sent."""

    KAFKA = "kafka"
    KINESIS = "kinesis"
    BOTH = "both"


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
