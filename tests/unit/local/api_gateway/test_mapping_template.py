"""Mapping templates: what is refused at the start, and what they make of a request."""

from __future__ import annotations

import pytest

from local.api_gateway.gateway_responses import GatewayResponseError
from local.api_gateway.mapping_template import MappingTemplate, check_template

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
def test_what_a_template_may_not_use_is_refused(text: str, refusal: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        check_template(text)

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
    assert MappingTemplate(check_template(text)).fill(body, [{"n": 'a"b'}]) == call.encode()


def test_no_text_is_a_sign_to_the_library() -> None:
    template = MappingTemplate(check_template("$util.urlEncode($input.params('n'))"))

    filled = template.fill(b"", [{"n": "__FORMAL_REFERENCE__REPLACE_TEXT__"}])

    assert filled == b"__FORMAL_REFERENCE__REPLACE_TEXT__"


def test_a_template_that_fails_is_the_documents_fault() -> None:
    template = MappingTemplate(check_template("$input.json($input.params('n'))"))

    with pytest.raises(GatewayResponseError, match="Internal server error"):
        template.fill(b"{}", [{"n": "$..a"}])
