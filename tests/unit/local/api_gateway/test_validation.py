"""Parameters are validated by presence, bodies by the schema of their content type."""

from __future__ import annotations

import pytest

from local.api_gateway.api_model import Api, parse_api
from local.api_gateway.errors import GatewayResponseError
from local.api_gateway.validation import RequestValidation

JSON = "application/json"


def api(*, body: bool = True, parameters: bool = True) -> Api:
    operation = {
        "parameters": [
            {"name": "x-b", "in": "header", "required": True, "schema": {"type": "string"}},
            {"name": "a", "in": "query", "required": True, "schema": {"type": "string"}},
            {"name": "c", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Records"}}}},
        "x-amazon-apigateway-request-validator": "chosen",
        "x-amazon-apigateway-integration": {
            "type": "http_proxy",
            "httpMethod": "POST",
            "uri": "http://backend/records",
        },
    }
    return parse_api({
        "openapi": "3.0.1",
        "info": {},
        "x-amazon-apigateway-request-validators": {
            "chosen": {"validateRequestBody": body, "validateRequestParameters": parameters}
        },
        "paths": {"/records": {"post": operation}},
        "components": {"schemas": {"Records": {"type": "object"}}},
    })


def validation(api: Api) -> RequestValidation:
    return RequestValidation(api, api.paths["/records"]["post"])


@pytest.mark.parametrize(
    ("query", "headers", "missing"),
    [
        ({}, {}, "[x-b, a]"),
        ({"a": "1"}, {}, "[x-b]"),
        ({"a": ""}, {"x-b": "1"}, "[a]"),
    ],
)
def test_missing_or_empty_required_parameters_are_named(
    query: dict[str, str], headers: dict[str, str], missing: str
) -> None:
    with pytest.raises(GatewayResponseError) as raised:
        validation(api()).check_parameters(query, headers)

    assert str(raised.value) == f"Missing required request parameters: {missing}"


def test_present_parameters_pass() -> None:
    validation(api()).check_parameters({"a": "1"}, {"x-b": "1"})


def test_parameters_pass_without_a_validator_for_them() -> None:
    validation(api(parameters=False)).check_parameters({}, {})


def test_a_body_of_another_content_type_is_not_validated() -> None:
    validation(api()).check_body("text/plain", b"not JSON")


def test_a_body_passes_without_a_validator_for_it() -> None:
    validation(api(body=False)).check_body(JSON, b"not JSON")
