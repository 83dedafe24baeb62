"""The URL of an HTTP backend, its forwarded headers, and the mapped statuses of Kinesis."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from local.api_gateway.backends import (
    backend_url,
    mapped_status,
    request_headers,
    response_headers,
)
from local.api_gateway.errors import GatewayResponseError
from local.api_gateway.integrations import HttpProxyIntegration, IntegrationResponse

INTEGRATION = HttpProxyIntegration.model_validate({
    "type": "http_proxy",
    "httpMethod": "POST",
    "uri": "http://proxy/topics/{topic}",
    "requestParameters": {"integration.request.path.topic": "method.request.path.topic-name"},
})


@pytest.mark.parametrize(
    ("topic", "query", "url"),
    [
        ("demo.pin", "", "http://proxy/topics/demo.pin"),
        ("demo.pin", "a=1&b=%20", "http://proxy/topics/demo.pin?a=1&b=%20"),
        ("a/b", "", "http://proxy/topics/a%2Fb"),
        ("..", "", "http://proxy/topics/.."),
        ("a?b#c", "", "http://proxy/topics/a%3Fb%23c"),
        ("%2F", "", "http://proxy/topics/%252F"),
        ("é {x}", "", "http://proxy/topics/%C3%A9%20%7Bx%7D"),
    ],
)
def test_a_path_parameter_stays_one_part_of_the_path(topic: str, query: str, url: str) -> None:
    assert str(backend_url(INTEGRATION, {"topic-name": topic}, query)) == url


def test_headers_of_the_connection_are_not_forwarded() -> None:
    given = {
        "Host": "api.example",
        "Connection": "keep-alive",
        "Content-Length": "7",
        "Content-Encoding": "gzip",
        "Transfer-Encoding": "chunked",
        "Expect": "100-continue",
        "Content-Type": "application/json",
        "X-Request": "17",
        "Accept": "*/*",
        "User-Agent": "emulator",
    }

    assert dict(request_headers(given, {})) == {
        "Content-Type": "application/json",
        "X-Request": "17",
        "Accept": "*/*",
        "User-Agent": "emulator",
    }


def test_missing_headers_have_defaults_of_the_gateway() -> None:
    assert dict(request_headers({}, {})) == {
        "Accept": "application/json",
        "User-Agent": "AmazonAPIGateway_local",
    }


def test_headers_of_the_api_replace_those_of_the_client() -> None:
    given = CIMultiDict([("x-proxy-secret", "guessed"), ("X-Proxy-Secret", "guessed again")])
    sent = request_headers(given, {"X-Proxy-Secret": "right"})

    assert sent.getall("X-Proxy-Secret") == ["right"]


def test_headers_of_the_backends_connection_are_renamed() -> None:
    given = {
        "Content-Type": "application/json",
        "Content-Length": "7",
        "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "Server": "backend",
        "Transfer-Encoding": "chunked",
    }

    assert dict(response_headers(given)) == {
        "Content-Type": "application/json",
        "x-amzn-Remapped-Content-Length": "7",
        "x-amzn-Remapped-Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "x-amzn-Remapped-Server": "backend",
    }


def responses(**status_codes: str) -> dict[str, IntegrationResponse]:
    return {
        pattern: IntegrationResponse.model_validate({"statusCode": code})
        for pattern, code in status_codes.items()
    }


RESPONSES = responses(**{"default": "200", r"4\d{2}": "400", "5": "503", r"5\d{2}": "500"})


@pytest.mark.parametrize(
    ("status", "mapped"), [(200, 200), (301, 200), (400, 400), (413, 400), (500, 500), (503, 500)]
)
def test_a_pattern_matches_the_whole_status(status: int, mapped: int) -> None:
    assert mapped_status(status, RESPONSES) == mapped


def test_a_status_without_a_pattern_is_a_configuration_error() -> None:
    with pytest.raises(GatewayResponseError, match="Internal server error"):
        mapped_status(302, responses(**{r"2\d{2}": "200"}))
