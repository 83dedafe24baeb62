"""The client of the API: settings, connection, retries."""

from __future__ import annotations

import threading

import pytest

from emulation.api import ApiClient, RetryableError, RetryPolicy, validate_api, validate_api_key
from emulation.errors import ApiError, SettingsError
from tests.support.fake_api import FakeApi


def test_an_api_url_loses_its_final_slash() -> None:
    assert validate_api("https://x.example/prod/") == "https://x.example/prod"


@pytest.mark.parametrize(
    "api",
    [
        "",
        "127.0.0.1:18080/prod",
        "ftp://x/prod",
        "http:///prod",
        "http://[::1/prod",
        "http://127.0.0.1:port/prod",
        "http://127.0.0.1:99999/prod",
    ],
)
def test_an_api_that_is_not_a_url(api: str) -> None:
    with pytest.raises(SettingsError, match="expected the API's base URL"):
        validate_api(api)


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="set PINTEREST_API_KEY") as refused:
        validate_api("https://jo:pa55word@x.example/prod")
    assert "pa55word" not in str(refused.value)


@pytest.mark.parametrize("key", ["a b", "a\n", "é"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="no HTTP header can hold"):
        validate_api_key(key)


@pytest.mark.parametrize(
    ("api", "uses_proxies"),
    [
        ("https://api.example/prod", True),
        ("http://localhost:18080/prod", False),
        ("http://127.0.0.1:18080/prod", False),
    ],
)
def test_proxies_of_the_environment_serve_only_other_machines(
    api: str, *, uses_proxies: bool
) -> None:
    assert ApiClient(api, "key", {}).session.trust_env is uses_proxies


def test_an_untrusted_connection_is_not_retried(api: FakeApi) -> None:
    client = ApiClient(api.url.replace("http:", "https:"), "key", {})
    with pytest.raises(ApiError, match="No trusted connection to https://127"):
        client.send("POST", "/topics/demo.pin", b"{}")


@pytest.fixture
def retry_policy(monkeypatch: pytest.MonkeyPatch) -> RetryPolicy:
    monkeypatch.setattr("emulation.api.FIRST_PAUSE_SECONDS", 0.0)
    retry_policy = RetryPolicy(10.0, threading.Event())
    retry_policy.answered = True
    return retry_policy


class Attempts:
    """Takes eight seconds each, and settles a record in the first ones."""

    def __init__(self, clock: list[float], settling: int) -> None:
        self.clock = clock
        self.count = 0
        self.progressed_at = clock[0]
        self._settling = settling

    def __call__(self) -> None:
        self.count += 1
        self.clock[0] += 8
        if self.count <= self._settling:
            self.progressed_at = self.clock[0]
        raise RetryableError


@pytest.mark.parametrize(("settling", "expected"), [(0, 2), (1, 3), (5, 7)])
def test_retries_end_when_no_record_has_been_settled_for_as_long(
    clock: list[float], retry_policy: RetryPolicy, settling: int, expected: int
) -> None:
    attempts = Attempts(clock, settling)
    with pytest.raises(RetryableError):
        retry_policy.retrying(lambda: attempts.progressed_at)(attempts)
    assert attempts.count == expected


def test_an_api_that_has_never_answered_is_given_up_sooner(
    clock: list[float], retry_policy: RetryPolicy
) -> None:
    retry_policy.answered = False
    attempts = Attempts(clock, 0)
    with pytest.raises(RetryableError):
        retry_policy.retrying(lambda: attempts.progressed_at)(attempts)
    assert attempts.count == 1
