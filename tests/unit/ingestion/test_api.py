"""The templates of `ingestion/api.yaml`: whatever a client sends, the call stays the one it is."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.api_gateway.api_model import check_supported
from local.api_gateway.document import read_document
from local.api_gateway.integrations import AwsIntegration
from local.api_gateway.mapping_template import MappingTemplate
from local.settings import ROOT

API = check_supported(
    read_document(
        ROOT / "ingestion" / "api.yaml",
        {"kafka_rest_url": "http://proxy", "region": "eu-west-2", "kinesis_role_arn": "arn"},
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
texts = st.lists(st.sampled_from(SYNTAX) | st.text(max_size=5), max_size=8).map("".join)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
records = st.lists(st.tuples(values, texts), min_size=1, max_size=5)


def call(action: str, body: object, name: str = "streaming-demo-pin") -> dict[str, Any]:
    filled = TEMPLATES[action].fill(json.dumps(body).encode(), [{"stream-name": name}])
    made: dict[str, Any] = json.loads(filled)
    return made


def decoded(data: str) -> object:
    return json.loads(base64.b64decode(data, validate=True))


@given(records)
def test_records_are_what_was_sent(sent: list[tuple[object, str]]) -> None:
    made = call("PutRecords", {"records": [{"data": d, "partition-key": k} for d, k in sent]})

    assert made.keys() == {"StreamName", "Records"}
    assert all(record.keys() == {"Data", "PartitionKey"} for record in made["Records"])
    assert [(decoded(r["Data"]), r["PartitionKey"]) for r in made["Records"]] == sent


@given(values, texts)
def test_a_record_is_what_was_sent(data: object, key: str) -> None:
    made = call("PutRecord", {"Data": data, "PartitionKey": key, "StreamName": "another"})

    assert made.keys() == {"StreamName", "Data", "PartitionKey"}
    assert (made["StreamName"], decoded(made["Data"]), made["PartitionKey"]) == (
        "streaming-demo-pin",
        data,
        key,
    )


@given(texts)
def test_a_name_stays_itself_or_becomes_none(name: str) -> None:
    """Kinesis' names: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream."""
    made = call("CreateStream", {"ShardCount": 4}, name)

    assert made.keys() == {"StreamName", "ShardCount"}
    if NAME.fullmatch(name):
        assert made["StreamName"] == name
    else:
        assert not NAME.fullmatch(made["StreamName"])


def test_a_template_that_pastes_would_be_found() -> None:
    """The control: what the templates above must not do, and what then happens."""
    pasting = MappingTemplate("""{"StreamName": "$input.params('n')"}""")

    filled = pasting.fill(b"", [{"n": 'a", "ShardCount": 99, "more": "'}])

    assert json.loads(filled)["ShardCount"] == 99
