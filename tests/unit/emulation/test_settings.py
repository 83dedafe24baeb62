"""What a run can be told."""

from __future__ import annotations

import pytest

from emulation.errors import SettingsError
from emulation.settings import checked_api, checked_api_key


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
