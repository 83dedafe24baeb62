"""The client of the API: its settings, one connection, retries, and what its errors mean."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import requests
import tenacity
from botocore.exceptions import BotoCoreError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from emulation.errors import ApiError, SettingsError

__all__ = [
    "CHECK_API_URL",
    "DEFAULT_API",
    "READ_SECONDS",
    "ApiClient",
    "ApiClientConfig",
    "RetryPolicy",
    "RetryableError",
    "answer_text",
    "error_type",
    "no_access_message",
    "no_resource_message",
    "one_line",
    "unexpected_answer_message",
    "validate_api",
    "validate_api_key",
]

DEFAULT_API = "http://127.0.0.1:18080/prod"
CHECK_API_URL = "Is --api the base URL of the API, its stage included?"

CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0
"""Longer than the 29 s after which API Gateway answers 504."""
FIRST_CONTACT_SECONDS = 5.0
"""How long an API that has never answered is retried."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
MAX_SHOWN_CHARACTERS = 200
"""How much of an answer is shown."""

_EXPORT_LOCAL_KEY = "export PINTEREST_API_KEY=$(make -s api-key)"
_NO_KEY = f"""\
No API key. Set PINTEREST_API_KEY in the environment.
The local stack creates its key at its first start (make up) and keeps it as "api_key" in \
.local/stack/secrets.json:
  {_EXPORT_LOCAL_KEY}
On AWS it is the key of the API's usage plan."""
_NO_PATH = "Missing Authentication Token"
"""API Gateway's message for a path or method that it does not have, and for a missing signature."""


@dataclass(frozen=True, kw_only=True)
class ApiClientConfig:
    """How the API is called.

    Attributes:
        url: Base URL with the stage, without a slash at its end.
        api_key: The key of the API's usage plan.
        connections: Number of connections for each destination.
        batch_size: Posts per batch, and records per request, at most.
        give_up_after_seconds: How long a failing request is retried.
        signature: Signs each request. Null for an API that needs no signature.
    """

    url: str
    api_key: str
    connections: int = 1
    batch_size: int = 500
    give_up_after_seconds: float = 60.0
    signature: AuthBase | None = None


def validate_api(api: str) -> str:
    """Return `api` without a slash at its end.

    Raises:
        SettingsError: Raised when it is not an http or https URL, or has a user name or password.
    """
    if "@" in api:  # the URL is not shown, because it may hold a password
        raise SettingsError(
            "--api has an @: expected a URL without user name and password, as"
            f" {DEFAULT_API}. The API takes a key: set PINTEREST_API_KEY in the environment."
        )
    try:
        parts = urlsplit(api)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not match, or a port that is no port
        valid = False
    if not valid:
        raise SettingsError(
            f"--api is {api!r}: expected the API's base URL with its stage, as {DEFAULT_API}"
        )
    return api.rstrip("/")


def validate_api_key(api_key: str | None) -> str:
    """Return `api_key`.

    Raises:
        SettingsError: Raised when there is none, or when it is not valid in an HTTP header.
    """
    if not api_key:
        raise SettingsError(_NO_KEY)
    if not re.fullmatch(r"[!-~]+", api_key):
        raise SettingsError(
            "PINTEREST_API_KEY holds blanks or characters that no HTTP header can hold."
        )
    return api_key


class RetryableError(Exception):
    """Raised when records were not stored, but a retry may store them."""


class RetryPolicy:
    """How long a request is retried; shared by all connections to a destination.

    Attributes:
        answered: Whether the API has answered at all. If it never has, it is likely not running.
    """

    def __init__(self, give_up_after_seconds: float, stop: threading.Event) -> None:
        self.answered = False
        self.stop = stop
        self._give_up_after_seconds = give_up_after_seconds

    def retrying(self, progressed_at: Callable[[], float]) -> tenacity.Retrying:
        """Return the retries of one request: exponential back-off with full jitter.

        Args:
            progressed_at: Returns the monotonic time at which a record was last settled.
        """

        def is_over(_: tenacity.RetryCallState) -> bool:
            limit = self._give_up_after_seconds
            if not self.answered:
                limit = min(FIRST_CONTACT_SECONDS, limit)
            return self.stop.is_set() or time.monotonic() - progressed_at() >= limit

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(RetryableError),
            wait=tenacity.wait_random_exponential(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS),
            stop=is_over,
            sleep=tenacity.sleep_using_event(self.stop),
            reraise=True,
        )


class ApiClient:
    """One connection to the API, kept alive.

    Attributes:
        url: Base URL of the API.
    """

    def __init__(
        self, url: str, api_key: str, headers: Mapping[str, str], signature: AuthBase | None = None
    ) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.auth = signature
        self.session.headers.update({**headers, "x-api-key": api_key})
        self.session.trust_env = not _is_loopback(url)
        self.session.mount(url, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def send(self, method: str, path: str, body: bytes) -> requests.Response:
        """Return the answer to one request, whatever its status.

        Raises:
            RetryableError: Raised when there was no answer.
            ApiError: Raised when there can be none.
        """
        url = self.url + path
        try:
            return self.session.request(
                method,
                url,
                data=body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise ApiError(f"No trusted connection to {url}: {error}") from error
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise RetryableError(f"no answer ({_root_cause(error)})") from error
        except BotoCoreError as error:
            raise RetryableError(f"the request cannot be signed ({error})") from error
        except (requests.RequestException, ValueError) as error:
            raise ApiError(f"{url} cannot be requested: {error}") from error


def _is_loopback(api: str) -> bool:
    """Return whether `api` is on this machine, which no proxy can reach."""
    host = urlsplit(api).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _root_cause(error: Exception) -> str:
    """Return the innermost reason: requests and urllib3 wrap it in their own messages."""
    reason: BaseException = error
    while inner := (reason.__cause__ or reason.__context__):
        reason = inner
    return str(reason) or type(reason).__name__


class _AwsError(msgspec.Struct):
    type: str | None = msgspec.field(default=None, name="__type")


def error_type(answer: bytes) -> str | None:
    """Return the AWS error in an `answer`, without its namespace; None if there is none."""
    try:
        name = msgspec.json.decode(answer, type=_AwsError).type
    except msgspec.DecodeError:
        return None
    return name and name.rsplit("#", 1)[-1]


def one_line(text: str | None) -> str:
    """Return the beginning of `text` as part of a sentence; None means that there is no text."""
    line = " ".join((text or "no reason given").split()).rstrip(".")
    return line if len(line) <= MAX_SHOWN_CHARACTERS else f"{line[: MAX_SHOWN_CHARACTERS - 1]}…"


def _message(answer: requests.Response) -> str | None:
    try:
        body = answer.json()
        return str(body["message"] if "message" in body else body["Message"])
    except (ValueError, KeyError, TypeError):
        return None


def answer_text(answer: requests.Response) -> str:
    """Return the message of the API's answer; without one, the beginning of the body."""
    text = _message(answer) or answer.text.strip() or answer.reason
    error = error_type(answer.content)
    return one_line(f"{error}: {text}" if error else text)


def no_access_message(api: str, reason: str) -> str:
    """Return that `api` refuses the key or has no such path, and what to do."""
    if _NO_PATH in reason:
        return (
            f"The API at {api} has no path for the events ({reason}). {CHECK_API_URL} If it"
            " requires AWS_IAM authorization, add --sign."
        )
    return (
        f"The API at {api} does not accept this key ({reason}). Set PINTEREST_API_KEY to the key "
        "of the API's usage plan; the local stack's key changes when its state is removed:\n"
        f"  {_EXPORT_LOCAL_KEY}\n"
        f"Check, too, that --api ends with the API's stage, as in {DEFAULT_API}."
    )


def unexpected_answer_message(api: str, event: str, answer: requests.Response) -> str:
    """Return what `api` answered to an `event`; without a message it may not be API Gateway."""
    text = f"The API at {api} answered {answer.status_code} to a {event} event: "
    text += answer_text(answer)
    return text if _message(answer) else f"{text}\n{CHECK_API_URL}"


def no_resource_message(api: str, resource: str, reason: str) -> str:
    """Return that there is no topic or stream `resource`, and what to do."""
    return (
        f"{resource} does not exist behind {api} ({reason}). --user-id is part of the name: use "
        "the one the stack was started with (PINTEREST_USER_ID)."
    )
