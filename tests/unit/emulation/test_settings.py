"""What a run can be told."""

from __future__ import annotations

import pytest

from emulation.errors import SettingsError
from emulation.settings import To, checked_api, checked_api_key, checked_user_id


@pytest.mark.parametrize("user_id", ["demo", "12f6b2c1d3e4", "a.b_c-d", "a" * 236])
def test_a_good_user_id(user_id: str) -> None:
    assert checked_user_id(user_id, To.KAFKA) == user_id


@pytest.mark.parametrize("user_id", ["", "_demo", ".demo", "de/mo", "de mo", "é", "a" * 237, "a\n"])
def test_a_user_id_that_cannot_begin_a_topic(user_id: str) -> None:
    with pytest.raises(SettingsError, match="cannot be part of the name of a topic"):
        checked_user_id(user_id, To.KAFKA)


@pytest.mark.parametrize("to", [To.KINESIS, To.BOTH])
def test_the_name_of_a_stream_is_shorter(to: To) -> None:
    assert checked_user_id("a" * 113, to) == "a" * 113
    with pytest.raises(SettingsError, match=r"the name of a stream: .* 113 at most"):
        checked_user_id("a" * 114, to)


def test_an_api_loses_the_slash_at_its_end() -> None:
    assert checked_api("https://x.example/prod/") == "https://x.example/prod"


@pytest.mark.parametrize("api", ["", "127.0.0.1:18080/prod", "ftp://x/prod", "http:///prod"])
def test_an_api_that_is_no_url(api: str) -> None:
    with pytest.raises(SettingsError, match="expected the API's base URL"):
        checked_api(api)


@pytest.mark.parametrize("key", [None, ""])
def test_no_key_says_where_it_is(key: str | None) -> None:
    with pytest.raises(SettingsError, match=r"make -s api-key"):
        checked_api_key(key)


@pytest.mark.parametrize("key", ["a b", "a\n", "é"])
def test_a_key_that_no_header_can_hold_is_not_repeated(key: str) -> None:
    with pytest.raises(SettingsError, match="no HTTP header can hold"):
        checked_api_key(key)
