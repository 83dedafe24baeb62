"""`ingestion/api.yaml`: which bodies it accepts, and what its templates make of a request."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from local.api_gateway.admission import RequestValidation
from local.api_gateway.api_model import Operation, parse_api
from local.api_gateway.document import read_document
from local.api_gateway.errors import GatewayResponseError
from local.api_gateway.integrations import AwsIntegration
from local.api_gateway.mapping_template import MappingTemplate
from local.settings import ROOT
from pinterest_pipeline.names import EVENT_NAMES, USER_ID_PATTERN

API = parse_api(
    read_document(
        ROOT / "ingestion" / "api.yaml",
        {
            "kafka_rest_url": "http://proxy",
            "proxy_secret": "of-the-proxy",
            "authorization": "NONE",
            "vpc_link_id": "link",
            "region": "eu-west-2",
            "kinesis_role_arn": "arn",
        },
    )
)
TEMPLATES = {
    operation.integration.action: MappingTemplate(template)
    for operation in API.operations
    if isinstance(operation.integration, AwsIntegration)
    for template in operation.integration.request_templates.values()
}

NAME = re.compile(r"[a-zA-Z0-9_.-]+")
SYNTAX = ["$", "#", "{", "}", '"', "'", "\\", "\n", "$input", "#set($a=1)", "#end", "\u2028", "\0"]
SYNTAX += ["## a comment", "#* a comment *#", "__FORMAL_REFERENCE__REPLACE_TEXT__"]
texts = st.lists(st.sampled_from(SYNTAX) | st.text(max_size=5), max_size=8).map("".join)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)
records = st.lists(st.tuples(values, texts), min_size=1, max_size=3)


TOPIC = API.paths["/topics/{topic}"]["post"]
RECORDS = API.paths["/streams/{stream-name}/records"]["put"]
STREAM = API.paths["/streams/{stream-name}"]["post"]
DEEP = b"[" * 100_000 + b"]" * 100_000


def test_the_topic_follows_the_rule_for_user_ids() -> None:
    document = yaml.safe_load((ROOT / "ingestion" / "api.yaml").read_text())
    [parameter] = document["paths"]["/topics/{topic}"]["post"]["parameters"]
    events = "|".join(EVENT_NAMES)
    assert parameter["schema"]["pattern"] == rf"^{USER_ID_PATTERN}\.({events})$"


def check_body(operation: Operation, body: bytes) -> None:
    assert operation.request_body
    [content_type] = operation.request_body.content
    RequestValidation(API, operation).check_body(content_type, body)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        *((TOPIC, b'{"records":[{"value":%b}]}' % v) for v in (b"null", b'"text"', b"17", b"{}")),
        (TOPIC, b'{"records":[' + b",".join([b'{"value":1}'] * 500) + b"]}"),
        (TOPIC, b'{"records":[{"value":1,"key":null,"partition":null}]}'),
        (TOPIC, b'{"records":[{"value":1,"partition":2}]}'),
        (STREAM, b"{}"),
    ],
)
def test_a_valid_body_passes(operation: Operation, body: bytes) -> None:
    check_body(operation, body)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (TOPIC, b""),
        (TOPIC, b'{"records":[]}'),
        (TOPIC, b'{"records":[{"key":"17"}]}'),
        (TOPIC, b'{"records":[' + b",".join([b'{"value":1}'] * 501) + b"]}"),
        (TOPIC, b'{"records":[{"value":"\xff"}]}'),
        (RECORDS, b'{"records":[]}'),
        (RECORDS, b'{"records":[{"data":{}}]}'),
        (RECORDS, b'{"records":[{"partition-key":"1"}]}'),
        (RECORDS, b'{"records":[{"data":{},"partition-key":1}]}'),
        (RECORDS, b'{"records":[{"data":{},"partition-key":""}]}'),
        (RECORDS, b'{"records":[{"data":{},"partition-key":"' + b"x" * 257 + b'"}]}'),
        (RECORDS, b'{"records":[%b]}' % b",".join([b'{"data":{},"partition-key":"1"}'] * 501)),
        (RECORDS, b'{"records":[{"data":"\\ud800","partition-key":"1"}]}'),
        (RECORDS, b'{"records":[{"data":1e400,"partition-key":"1"}]}'),
        (RECORDS, b'{"records":[{"data":' + DEEP + b',"partition-key":"1"}]}'),
        *((STREAM, b'{"ShardCount":%b}' % n) for n in (b"0", b'"2"', b"1.5", b"null", b"{}")),
    ],
)
def test_any_other_body_is_invalid(operation: Operation, body: bytes) -> None:
    with pytest.raises(GatewayResponseError, match="Invalid request body"):
        check_body(operation, body)


def test_a_stream_has_one_shard_by_default() -> None:
    assert call("CreateStream", {})["ShardCount"] == 1


def call(action: str, body: object, name: str = "streaming-demo-pin") -> dict[str, Any]:
    filled = TEMPLATES[action].fill(json.dumps(body).encode(), [{"stream-name": name}])
    values: dict[str, Any] = json.loads(filled)
    return values


def decoded(data: str) -> object:
    return json.loads(base64.b64decode(data, validate=True))


@settings(max_examples=60)
@given(records)
def test_records_hold_the_sent_values(sent: list[tuple[object, str]]) -> None:
    request = call("PutRecords", {"records": [{"data": d, "partition-key": k} for d, k in sent]})

    assert request.keys() == {"StreamName", "Records"}
    assert all(record.keys() == {"Data", "PartitionKey"} for record in request["Records"])
    assert [(decoded(r["Data"]), r["PartitionKey"]) for r in request["Records"]] == sent


@settings(max_examples=60)
@given(values, texts)
def test_a_record_holds_the_sent_value(data: object, key: str) -> None:
    request = call("PutRecord", {"Data": data, "PartitionKey": key, "StreamName": "another"})

    assert request.keys() == {"StreamName", "Data", "PartitionKey"}
    assert (request["StreamName"], decoded(request["Data"]), request["PartitionKey"]) == (
        "streaming-demo-pin",
        data,
        key,
    )


@given(texts)
def test_a_valid_name_is_unchanged_and_an_invalid_one_stays_invalid(name: str) -> None:
    """Kinesis' names: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream."""
    request = call("CreateStream", {"ShardCount": 4}, name)

    assert request.keys() == {"StreamName", "ShardCount"}
    if NAME.fullmatch(name):
        assert request["StreamName"] == name
    else:
        assert not NAME.fullmatch(request["StreamName"])


def test_control_a_template_that_pastes_a_parameter_is_unsafe() -> None:
    """Shows the injection that the tests above exclude."""
    pasting = MappingTemplate("""{"StreamName": "$input.params('n')"}""")

    filled = pasting.fill(b"", [{"n": 'a", "ShardCount": 99, "more": "'}])

    assert json.loads(filled)["ShardCount"] == 99
