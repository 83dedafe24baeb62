"""`$input` and `$util` of a mapping template."""

from __future__ import annotations

import base64

import pytest

from local.api_gateway.gateway_responses import GatewayResponseError
from local.api_gateway.template_variables import Input, Util


@pytest.mark.parametrize(
    ("body", "path", "written"),
    [
        (b'{"a": {"b": [1, null, true]}}', "$.a", '{"b":[1,null,true]}'),
        (b'{"a": "b\\"c\\\\"}', "$.a", r'"b\"c\\"'),
        (b'{"a": null}', "$.a", "null"),
        (b"{}", "$.a", '""'),
        (b"", "$", "{}"),
        # Numbers and escapes are written anew, duplicate names are not kept.
        (b'{"a": 1.50}', "$.a", "1.5"),
        (b'{"a": 0.12345678901234567890}', "$.a", "0.12345678901234568"),
        (b'{"a": 123456789012345678901234567890}', "$.a", "123456789012345678901234567890"),
        (b'{"a": "\\u00e9\\/\\u0000\\u2028"}', "$.a", '"é/\\u0000\u2028"'),
        (b'{"a": {"b": 1, "b": 2}}', "$.a", '{"b":2}'),
    ],
)
def test_json_is_the_value_as_json(body: bytes, path: str, written: str) -> None:
    assert Input(body, []).json(path) == written


def test_a_path_leads_to_the_value_itself() -> None:
    assert Input(b'{"a": [1, 2]}', []).path("$.a") == [1, 2]


def test_a_parameter_is_that_of_the_path_before_others() -> None:
    given = Input(b"", [{"a": "path"}, {"a": "query", "b": "query"}, {"b": "header"}])

    assert [given.params(name) for name in "abc"] == ["path", "query", ""]


@pytest.mark.parametrize("body", [b"text", b"{", b'"\xff"', b'{"a": "\\ud800"}', b'{"a": 1e400}'])
def test_a_body_that_is_not_json_is_the_clients_fault(body: bytes) -> None:
    with pytest.raises(GatewayResponseError, match="Could not parse request body into json"):
        Input(body, [])


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("streaming-demo_1.pin", "streaming-demo_1.pin"),
        ("a b*c~d", "a+b*c%7Ed"),
        ("\"'\\/,{}\n\u2028", "%22%27%5C%2F%2C%7B%7D%0A%E2%80%A8"),
        ("$util #set($x=1)", "%24util+%23set%28%24x%3D1%29"),
        ("é😀", "%C3%A9%F0%9F%98%80"),
        ("", ""),
    ],
)
def test_urls_are_encoded_as_java_does(text: str, encoded: str) -> None:
    assert Util().urlEncode(text) == encoded


def test_base64_is_that_of_utf_8() -> None:
    assert Util().base64Encode("é") == base64.b64encode("é".encode()).decode()
