"""Unsupported parts of a document are refused, with their location and the supported ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from local.api_gateway.api_model import parse_api
from local.api_gateway.document import read_document
from local.api_gateway.errors import DocumentError
from local.api_gateway.integrations import AwsIntegration, HttpProxyIntegration
from local.settings import ROOT

DOCUMENT = read_document(
    ROOT / "ingestion" / "api.yaml",
    {
        "kafka_rest_url": "http://proxy",
        "proxy_secret": "of-the-proxy",
        "authorization": "NONE",
        "vpc_link_id": "link",
        "region": "eu-west-2",
        "kinesis_role_arn": "arn:aws:iam::111122223333:role/kinesis",
    },
)
POST = "paths → /topics/{topic} → post"
INTEGRATION = f"{POST} → x-amazon-apigateway-integration"
PUT_PATH = "/streams/{stream-name}/record"
PUT = f"paths → {PUT_PATH} → put"
AWS = f"{PUT} → x-amazon-apigateway-integration"

Document = dict[str, Any]


def post(document: Document) -> Document:
    operation: Document = document["paths"]["/topics/{topic}"]["post"]
    return operation


def integration(document: Document) -> Document:
    value: Document = post(document)["x-amazon-apigateway-integration"]
    return value


def aws(document: Document) -> Document:
    value: Document = document["paths"][PUT_PATH]["put"]["x-amazon-apigateway-integration"]
    return value


def template(text: str) -> Callable[[Document], object]:
    return lambda document: aws(document)["requestTemplates"].update({"application/json": text})


def record(document: Document) -> Document:
    schema: Document = document["components"]["schemas"]["Record"]["properties"]["key"]
    return schema


def test_the_projects_document_is_supported() -> None:
    api = parse_api(DOCUMENT)

    operation = api.paths["/topics/{topic}"]["post"]
    assert operation.needs_key
    assert isinstance(operation.integration, HttpProxyIntegration)
    assert operation.integration.uri == "http://proxy/topics/{topic}"
    assert operation.integration.path_mapping == {"topic": "topic"}
    assert operation.integration.headers == {"X-Proxy-Secret": "of-the-proxy"}
    assert operation.integration.timeout_milliseconds == 29_000


def test_every_operation_needs_the_key_and_those_of_streams_call_kinesis() -> None:
    operations = parse_api(DOCUMENT).operations
    calls = [o.integration for o in operations if isinstance(o.integration, AwsIntegration)]

    assert all(operation.needs_key for operation in operations)
    assert {call.region for call in calls} == {"eu-west-2"}
    assert sorted(call.action for call in calls) == [
        "CreateStream",
        "DeleteStream",
        "DescribeStreamSummary",
        "ListStreams",
        "PutRecord",
        "PutRecords",
    ]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda d: d.update(servers=[]), "the top: servers is not supported; supported: comp"),
        (lambda d: d.update(security=[]), "the top: security is not supported"),
        (
            lambda d: d.update({"x-amazon-apigateway-gateway-responses": {}}),
            "the top: x-amazon-apigateway-gateway-responses is not supported",
        ),
        (
            lambda d: d.update({"x-amazon-apigateway-binary-media-types": ["*/*"]}),
            "the top: x-amazon-apigateway-binary-media-types is not supported",
        ),
        (
            lambda d: d.update({"x-amazon-apigateway-api-key-source": "AUTHORIZER"}),
            "x-amazon-apigateway-api-key-source: Input should be 'HEADER'",
        ),
        (
            lambda d: d["paths"].update({"/a/{proxy+}": {}}),
            "paths → /a/{proxy+}: supported are paths of plain parts and whole '{name}' parts",
        ),
        (
            lambda d: d["paths"].update({"/a.{format}": {}}),
            "paths → /a.{format}: supported are paths of plain parts and whole '{name}' parts",
        ),
        (
            lambda d: d["paths"]["/topics/{topic}"].update({"x-amazon-apigateway-any-method": {}}),
            "x-amazon-apigateway-any-method: Input should be 'get', 'put', 'post'",
        ),
        (lambda d: post(d).update(callbacks={}), f"{POST}: callbacks is not supported"),
        (
            lambda d: post(d).update({"x-amazon-apigateway-auth": {"type": "CUSTOM"}}),
            f"{POST} → x-amazon-apigateway-auth → type: Input should be 'NONE' or 'AWS_IAM'",
        ),
        (
            lambda d: post(d).update(security=[{"cognito": []}]),
            "the top: security: supported are only the names of securitySchemes, not ['cognito']",
        ),
        (
            lambda d: post(d).update({"x-amazon-apigateway-request-validator": "none"}),
            "the top: request validators without a definition: ['none']",
        ),
        (
            lambda d: post(d).pop("x-amazon-apigateway-integration"),
            f"{INTEGRATION}: Field required",
        ),
        (
            lambda d: integration(d).update(type="mock"),
            f"{INTEGRATION}: Input tag 'mock' found using 'type' does not match any of",
        ),
        (
            lambda d: integration(d).update(requestTemplates={"application/json": "{}"}),
            f"{INTEGRATION}: requestTemplates is not supported; supported: connectionId",
        ),
        (
            lambda d: integration(d).update(contentHandling="CONVERT_TO_TEXT"),
            f"{INTEGRATION}: contentHandling is not supported",
        ),
        (
            lambda d: integration(d).update(connectionType="PRIVATE"),
            f"{INTEGRATION} → connectionType: Input should be 'INTERNET' or 'VPC_LINK'",
        ),
        (
            lambda d: integration(d).update(passthroughBehavior="never"),
            f"{INTEGRATION} → passthroughBehavior: Input should be 'when_no_match'",
        ),
        (
            lambda d: integration(d).update(timeoutInMillis=29_001),
            f"{INTEGRATION} → timeoutInMillis: Input should be less than or equal to 29000",
        ),
        (
            lambda d: integration(d).update(uri="arn:aws:apigateway:…"),
            f"{INTEGRATION} → uri: String should match pattern",
        ),
        (
            lambda d: integration(d).update(requestParameters={}),
            f"{INTEGRATION}: requestParameters must map exactly the variables of the uri: ['topic",
        ),
        (
            lambda d: integration(d).update(
                requestParameters={"integration.request.header.x-user": "context.identity.user"}
            ),
            f"{INTEGRATION}: requestParameters: supported are only entries of the form",
        ),
        (
            lambda d: integration(d).update(
                requestParameters={"integration.request.path.topic": "method.request.path.name"}
            ),
            f"{POST}: the integration maps path parameters that are not declared: ['name']",
        ),
        (lambda d: aws(d).pop("credentials"), f"{AWS} → credentials: Field required"),
        (
            lambda d: aws(d).update(uri="arn:aws:apigateway:eu-west-2:dynamodb:action/PutItem"),
            f"{AWS} → uri: supported is only arn:aws:apigateway:<region>:kinesis:action/<action>",
        ),
        (
            lambda d: aws(d).update(passthroughBehavior="when_no_match"),
            f"{AWS} → passthroughBehavior: Input should be 'never'",
        ),
        (
            lambda d: aws(d).update(requestParameters={"integration.request.header.x-a": "'b'"}),
            f"{AWS} → requestParameters → integration.request.header.x-a: Input should be 'integr",
        ),
        (
            lambda d: aws(d).update(requestParameters={}),
            f"{AWS} → requestParameters: Dictionary should have at least 1 item",
        ),
        (
            lambda d: aws(d)["responses"]["default"].update(responseTemplates={}),
            f"{AWS} → responses → default: responseTemplates is not supported",
        ),
        (
            lambda d: aws(d)["responses"].update({"(": {"statusCode": "200"}}),
            f"{AWS} → responses → (: not a regular expression",
        ),
        (
            lambda d: aws(d)["responses"]["default"].update(statusCode="202"),
            f"{PUT}: the integration maps responses that are not declared: ['202']",
        ),
        (
            template('{"Data": "$util.escapeJavaScript($input.path(\'$.Data\'))"}'),
            f"{AWS} → requestTemplates → application/json: $util.escapeJavaScript is not supported",
        ),
        (
            lambda d: post(d)["parameters"][0]["schema"].update(type="integer"),
            f"{POST} → parameters → 0 → schema → type: Input should be 'string'",
        ),
        (
            lambda d: post(d)["parameters"][0].update(style="matrix"),
            f"{POST} → parameters → 0: style is not supported",
        ),
        (
            lambda d: record(d).update(nullable=True),
            "components → schemas → Record: properties.key.nullable is not supported",
        ),
        (
            lambda d: record(d).update(format="uuid"),
            "components → schemas → Record: properties.key.format is not supported",
        ),
        (
            lambda d: record(d).update(allOf=[{"discriminator": {}}]),
            "Record: properties.key.allOf.0.discriminator is not supported",
        ),
        (
            lambda d: record(d).update({"$ref": "other.yaml#/Key"}),
            "Record: properties.key.$ref 'other.yaml#/Key' is not supported",
        ),
        (
            lambda d: d["components"]["securitySchemes"]["api_key"].update(name="Authorization"),
            "components → securitySchemes → api_key → name: Input should be 'x-api-key'",
        ),
        (
            lambda d: d["components"]["securitySchemes"].update(
                user={"type": "http", "scheme": "basic"}
            ),
            "components → securitySchemes → user: scheme is not supported",
        ),
    ],
)
def test_an_unsupported_part_is_named_with_its_location(
    change: Callable[[Document], object], refusal: str
) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document)

    with pytest.raises(DocumentError) as raised:
        parse_api(document)

    assert refusal in str(raised.value)


def test_all_unsupported_parts_are_named_at_once() -> None:
    document = copy.deepcopy(DOCUMENT)
    integration(document).update(connectionType="PRIVATE", timeoutInMillis=1)

    with pytest.raises(DocumentError) as raised:
        parse_api(document)

    assert str(raised.value).splitlines() == [
        "The local gateway does not serve this document:",
        f"  {INTEGRATION} → connectionType: Input should be 'INTERNET' or 'VPC_LINK'",
        f"  {INTEGRATION} → timeoutInMillis: Input should be greater than or equal to 50",
    ]
