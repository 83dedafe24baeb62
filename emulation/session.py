"""One connection to the API."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from emulation.errors import ApiError
from emulation.patience import NotYetError

__all__ = ["READ_SECONDS", "open_session", "send"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0
"""Longer than the 29 s after which API Gateway answers 504 by itself."""


def open_session(api: str, api_key: str, headers: Mapping[str, str]) -> requests.Session:
    """Return a session that keeps one connection to `api` alive."""
    session = requests.Session()
    session.headers.update({**headers, "x-api-key": api_key})
    session.trust_env = not _is_loopback(api)
    session.mount(api, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session


def send(session: requests.Session, method: str, url: str, body: bytes) -> requests.Response:
    """Return the answer to one request, whatever its status.

    Raises:
        NotYetError: If there was no answer.
        ApiError: If there can be none.
    """
    try:
        return session.request(
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
        raise NotYetError(f"no answer ({_cause(error)})") from error
    except (requests.RequestException, ValueError) as error:
        raise ApiError(f"{url} cannot be asked: {error}") from error


def _is_loopback(api: str) -> bool:
    """Return whether `api` is this machine, to which no proxy leads."""
    host = urlsplit(api).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _cause(error: Exception) -> str:
    """Return the innermost reason: requests and urllib3 wrap it in sentences of their own."""
    reason: BaseException = error
    while inner := (reason.__cause__ or reason.__context__):
        reason = inner
    return str(reason) or type(reason).__name__
