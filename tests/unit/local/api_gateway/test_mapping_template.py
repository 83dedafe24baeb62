"""Mapping templates: JSON paths, variables, what is refused at the start, and filled calls."""

from __future__ import annotations

import base64

import pytest

from local.api_gateway.errors import GatewayResponseError
from local.api_gateway.mapping_template import (
    MISSING,
    Input,
    MappingTemplate,
    Util,
    find,
    parse_path,
    validate_template,
)

BODY = {"a": {"b-c": [1, None]}, "text": "abc"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", BODY),
        ("$.a['b-c'][0]", 1),
        ("$['a']['b-c'][1]", None),
        ("$.nothing", MISSING),
        ("$.a['b-c'][2]", MISSING),
        ("$.a.b.c", MISSING),
        ("$.text.more", MISSING),
        ("$[0]", MISSING),
    ],
)
def test_a_path_finds_a_value_or_nothing(path: str, value: object) -> None:
    assert find(BODY, path) == value


@pytest.mark.parametrize("path", ["", "a", "$.", "$..a", "$.*", "$[*]", "$[-1]", "$[?(@.a)]", "$ "])
def test_unsupported_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not supported; supported: "):
        parse_path(path)


@pytest.mark.parametrize(
    ("body", "path", "text"),
    [
        (b'{"a": {"b": [1, null, true]}}', "$.a", '{"b":[1,null,true]}'),
        (b'{"a": "b\\"c\\\\"}', "$.a", r'"b\"c\\"'),
        (b'{"a": null}', "$.a", "null"),
        (b"{}", "$.a", '""'),
        (b"", "$", "{}"),
        # Numbers and escapes are rewritten; of duplicate names, the last one stays.
        (b'{"a": 1.50}', "$.a", "1.5"),
        (b'{"a": 0.12345678901234567890}', "$.a", "0.12345678901234568"),
        (b'{"a": 123456789012345678901234567890}', "$.a", "123456789012345678901234567890"),
        (b'{"a": "\\u00e9\\/\\u0000\\u2028"}', "$.a", '"é/\\u0000\u2028"'),
        (b'{"a": {"b": 1, "b": 2}}', "$.a", '{"b":2}'),
    ],
)
def test_json_returns_json_text(body: bytes, path: str, text: str) -> None:
    assert Input(body, []).json(path) == text


def test_path_returns_the_value_itself() -> None:
    assert Input(b'{"a": [1, 2]}', []).path("$.a") == [1, 2]


def test_a_path_parameter_wins_over_query_and_header() -> None:
    given = Input(b"", [{"a": "path"}, {"a": "query", "b": "query"}, {"b": "header"}])

    assert [given.params(name) for name in "abc"] == ["path", "query", ""]


@pytest.mark.parametrize("body", [b"text", b"{", b'"\xff"', b'{"a": "\\ud800"}', b'{"a": 1e400}'])
def test_a_body_that_is_not_json_is_a_bad_request(body: bytes) -> None:
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
def test_urls_are_encoded_as_in_java(text: str, encoded: str) -> None:
    assert Util().urlEncode(text) == encoded


def test_base64_encodes_utf_8() -> None:
    assert Util().base64Encode("é") == base64.b64encode("é".encode()).decode()


LOOP = (
    "#foreach($r in $input.path('$.a'))"
    "$input.json(\"$.a[$foreach.index]['b-c']\")#if($foreach.hasNext),#end#end"
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("$util.escapeJavaScript('a')", "$util.escapeJavaScript is not supported; supported: $inp"),
        ("$input.body", "$input.body is not supported"),
        ("${input.params().header}-${context.stage}", "$context.stage is not supported"),
        ("$!stageVariables.a", "$stageVariables.a is not supported"),
        ("#foreach($r in $input.path('$.a'))$r.data#end", "$r.data is not supported"),
        ("#foreach($r in $input.path('$.a'))$foreach.count#end", "$foreach.count is not supp"),
        ("#foreach($r in $input.path('$.a'))$r#end", "$r is not supported"),
        ("\"$input.path('$.a')\"", "printing $input.path is not supported; supported: $input.json"),
        ("$util.base64Encode($input.path('$.a'))", "printing $input.path is not supported"),
        ("#set($a = 1)", "#set is not supported"),
        ("$nothing", "$nothing is not supported"),
        ("#macro(a)#end", "#macro is not supported; supported: #else, #elseif, #end, #foreach"),
        ("#evaluate($input.json('$'))", "#evaluate is not supported"),
        ("$input.json('$..a')", "path '$..a' is not supported"),
        ("#if($input.path('$.a') == 1)", "not a template in VTL"),
    ],
)
def test_unsupported_parts_of_a_template_are_refused(text: str, refusal: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        validate_template(text)

    assert refusal in str(raised.value)


@pytest.mark.parametrize(
    ("text", "body", "call"),
    [
        ("$input.json('$.a')", b'{"a": "$util #set($x=1)#end"}', '"$util #set($x=1)#end"'),
        ("$util.base64Encode($input.json('$.a'))", b'{"a": 17}', "MTc="),
        ("#if($input.path('$.a') == '')1#else$input.json('$.a')#end", b"{}", "1"),
        ("#if($input.path('$.a') == '')1#else$input.json('$.a')#end", b'{"a": 4}', "4"),
        (LOOP, b'{"a": [{"b-c": "x"}, {"b-c": {"y": 1}}]}', '"x",{"y":1}'),
        ("$util.urlEncode($input.params('n'))", b"", "a%22b"),
    ],
)
def test_a_template_is_filled(text: str, body: bytes, call: str) -> None:
    assert MappingTemplate(validate_template(text)).fill(body, [{"n": 'a"b'}]) == call.encode()


def test_no_text_is_a_marker_of_the_library() -> None:
    template = MappingTemplate(validate_template("$util.urlEncode($input.params('n'))"))

    filled = template.fill(b"", [{"n": "__FORMAL_REFERENCE__REPLACE_TEXT__"}])

    assert filled == b"__FORMAL_REFERENCE__REPLACE_TEXT__"


def test_a_template_that_fails_is_a_configuration_error() -> None:
    template = MappingTemplate(validate_template("$input.json($input.params('n'))"))

    with pytest.raises(GatewayResponseError, match="Internal server error"):
        template.fill(b"{}", [{"n": "$..a"}])
