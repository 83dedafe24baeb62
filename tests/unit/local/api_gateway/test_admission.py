"""The API key and the throttle; parameters by presence, bodies by their content type's schema."""

from __future__ import annotations

import pytest

from local.api_gateway.admission import RequestValidation, TokenBucket, UsagePlan
from local.api_gateway.api_model import Api, parse_api
from local.api_gateway.errors import INVALID_API_KEY, THROTTLED, GatewayResponseError

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


@pytest.mark.parametrize(
    ("rate", "taken", "pause_seconds", "expected"),
    [
        (1, 0, 0, [True, True, False, False]),  # a burst at once
        (2, 2, 0.5, [True, False]),  # refilled at the rate
        (100, 0, 3600, [True, True, False]),  # a long pause saves at most a burst
    ],
)
def test_a_bucket_allows_a_burst_and_then_the_rate(
    rate: float, taken: int, pause_seconds: float, expected: list[bool]
) -> None:
    now = [100.0]
    bucket = TokenBucket(rate, burst=2, clock_seconds=lambda: now[0])
    for _ in range(taken):
        assert bucket.take()
    now[0] += pause_seconds

    assert [bucket.take() for _ in expected] == expected


@pytest.mark.parametrize("key", [None, "", "wrong", "key\udcff"])
def test_only_the_key_of_the_plan_is_admitted(key: str | None) -> None:
    plan = UsagePlan("the key of the plan", TokenBucket(rate=1, burst=1))

    with pytest.raises(GatewayResponseError) as raised:
        plan.admit(key)

    assert raised.value.response is INVALID_API_KEY


def test_a_wrong_key_takes_no_token() -> None:
    plan = UsagePlan("right", TokenBucket(rate=1e-9, burst=1))
    with pytest.raises(GatewayResponseError):
        plan.admit("wrong")

    plan.admit("right")

    with pytest.raises(GatewayResponseError) as raised:
        plan.admit("right")
    assert raised.value.response is THROTTLED
