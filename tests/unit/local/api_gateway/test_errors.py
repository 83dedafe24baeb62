"""API Gateway's own answers."""

from __future__ import annotations

import pytest

from local.api_gateway.errors import (
    API_CONFIGURATION_ERROR,
    BAD_REQUEST_BODY,
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    INVALID_API_KEY,
    MISSING_AUTHENTICATION_TOKEN,
    REQUEST_TOO_LARGE,
    THROTTLED,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponse,
    bad_request_parameters,
    unreadable_body,
)


@pytest.mark.parametrize(
    ("response", "status", "body"),
    [
        (BAD_REQUEST_BODY, 400, b'{"message":"Invalid request body"}'),
        (
            bad_request_parameters(["a", "b"]),
            400,
            b'{"message":"Missing required request parameters: [a, b]"}',
        ),
        (
            unreadable_body("at byte 0"),
            400,
            b'{"message":"Could not parse request body into json: at byte 0"}',
        ),
        (INVALID_API_KEY, 403, b'{"message":"Forbidden"}'),
        (MISSING_AUTHENTICATION_TOKEN, 403, b'{"message":"Missing Authentication Token"}'),
        (REQUEST_TOO_LARGE, 413, b'{"message":"Request Too Long"}'),
        (UNSUPPORTED_MEDIA_TYPE, 415, b'{"message":"Unsupported Media Type"}'),
        (THROTTLED, 429, b'{"message":"Too Many Requests"}'),
        (API_CONFIGURATION_ERROR, 500, b'{"message":"Internal server error"}'),
        (INTEGRATION_TIMEOUT, 504, b'{"message":"Endpoint request timed out"}'),
        (INTEGRATION_FAILURE, 504, b'{"message":"Network error communicating with endpoint"}'),
    ],
)
def test_an_answer_has_the_status_and_body_of_aws(
    response: GatewayResponse, status: int, body: bytes
) -> None:
    answer = response.to_http()

    assert (answer.status, answer.body, answer.content_type) == (status, body, "application/json")


def test_an_answer_names_its_error_in_a_header() -> None:
    assert THROTTLED.to_http().headers["x-amzn-errortype"] == "TooManyRequestsException"
