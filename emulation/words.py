"""What people are told about an API that does not take records."""

from __future__ import annotations

import msgspec
import requests

from emulation.settings import DEFAULT_API, EXPORT_LOCAL_KEY

__all__ = ["IS_IT_THE_API", "error_type", "failed", "no_access", "no_target", "one_line", "words"]

IS_IT_THE_API = "Is --api the base URL of the API, its stage included?"
LONGEST = 200
"""Characters that are shown of what an API says."""

_NO_PATH = "Missing Authentication Token"
"""What API Gateway says where it has no such path or method."""


class _Error(msgspec.Struct):
    type: str | None = msgspec.field(default=None, name="__type")


def error_type(answer: bytes) -> str | None:
    """Return which of AWS' errors an `answer` tells of, without its namespace; null if none."""
    try:
        kind = msgspec.json.decode(answer, type=_Error).type
    except msgspec.DecodeError:
        return None
    return kind and kind.rsplit("#", 1)[-1]


def one_line(said: str | None) -> str:
    """Return the beginning of what an API `said` (null: nothing), for use in a sentence."""
    line = " ".join((said or "no reason given").split()).rstrip(".")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _message(answer: requests.Response) -> str | None:
    try:
        body = answer.json()
        return str(body["message"] if "message" in body else body["Message"])
    except (ValueError, KeyError, TypeError):
        return None


def words(answer: requests.Response) -> str:
    """Return the message of the API's answer; where it has none, the beginning of the body."""
    said = _message(answer) or answer.text.strip() or answer.reason
    kind = error_type(answer.content)
    return one_line(f"{kind}: {said}" if kind else said)


def no_access(api: str, reason: str) -> str:
    """Return that `api` does not take the key, or has no such path, and what to do."""
    if _NO_PATH in reason:
        return f"The API at {api} has no path for the events ({reason}). {IS_IT_THE_API}"
    return (
        f"The API at {api} does not take this key ({reason}). Set PINTEREST_API_KEY to the key of "
        "the API's usage plan; that of the local stack changes when its state is removed:\n"
        f"  {EXPORT_LOCAL_KEY}\n"
        f"Check, too, that --api ends with the API's stage, as in {DEFAULT_API}."
    )


def failed(api: str, event: str, answer: requests.Response) -> str:
    """Return what `api` answered to an `event`; one that is no API Gateway gives no message."""
    told = f"The API at {api} answered {answer.status_code} to a {event} event: {words(answer)}"
    return told if _message(answer) else f"{told}\n{IS_IT_THE_API}"


def no_target(api: str, target: str, reason: str) -> str:
    """Return that there is no topic or stream `target`, and what to do."""
    return (
        f"{target} does not exist behind {api} ({reason}). --user-id is part of the name: use the "
        "one the stack was started with (PINTEREST_USER_ID)."
    )
