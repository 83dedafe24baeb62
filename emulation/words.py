"""What people are told about an API that does not take records."""

from __future__ import annotations

import msgspec
import requests

__all__ = ["error_type", "no_access", "no_target", "words"]


class _Error(msgspec.Struct):
    type: str | None = msgspec.field(default=None, name="__type")


def error_type(answer: bytes) -> str | None:
    """Return which of AWS' errors an `answer` tells of, without its namespace; null if none."""
    try:
        kind = msgspec.json.decode(answer, type=_Error).type
    except msgspec.DecodeError:
        return None
    return kind and kind.rsplit("#", 1)[-1]


def words(answer: requests.Response) -> str:
    """Return the message of the API's answer; where it has none, the beginning of the body."""
    try:
        body = answer.json()
        said = str(body["message"] if "message" in body else body["Message"])
    except (ValueError, KeyError, TypeError):
        said = answer.text[:200].strip() or answer.reason or "no reason given"
    kind = error_type(answer.content)
    return f"{kind}: {said}" if kind else said


def no_access(api: str, reason: str) -> str:
    """Return that `api` does not take the key, and what to do."""
    return (
        f"The API at {api} does not take this key ({reason}). Set PINTEREST_API_KEY to the key of "
        "the API's usage plan, and check that --api ends with the API's stage, as in "
        "http://127.0.0.1:18080/prod."
    )


def no_target(api: str, target: str, reason: str) -> str:
    """Return that there is no topic or stream `target`, and what to do."""
    return (
        f"{target} does not exist behind {api} ({reason}). --user-id is part of the name: use the "
        "one the stack was started with (PINTEREST_USER_ID)."
    )
