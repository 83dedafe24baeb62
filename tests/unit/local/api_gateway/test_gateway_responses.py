"""AWS' own answers."""

from __future__ import annotations

import pytest

from local.api_gateway.gateway_responses import (
    BAD_REQUEST_BODY,
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    INVALID_API_KEY,
    MISSING_AUTHENTICATION_TOKEN,
    REQUEST_TOO_LARGE,
    THROTTLED,
    GatewayResponse,
    bad_request_parameters,
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
        (INVALID_API_KEY, 403, b'{"message":"Forbidden"}'),
        (MISSING_AUTHENTICATION_TOKEN, 403, b'{"message":"Missing Authentication Token"}'),
        (REQUEST_TOO_LARGE, 413, b'{"message":"Request Too Long"}'),
        (THROTTLED, 429, b'{"message":"Too Many Requests"}'),
        (INTEGRATION_TIMEOUT, 504, b'{"message":"Endpoint request timed out"}'),
        (INTEGRATION_FAILURE, 504, b'{"message":"Network error communicating with endpoint"}'),
    ],
)
def test_an_answer_has_the_status_and_body_of_aws(
    response: GatewayResponse, status: int, body: bytes
) -> None:
    answer = response.answer()

    assert (answer.status, answer.body, answer.content_type) == (status, body, "application/json")


def test_an_answer_names_its_error_in_a_header() -> None:
    assert THROTTLED.answer().headers["x-amzn-errortype"] == "TooManyRequestsException"
