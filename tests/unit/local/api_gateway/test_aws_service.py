"""Statuses of Kinesis are mapped to statuses for the client."""

from __future__ import annotations

import pytest

from local.api_gateway.aws_service import mapped_status
from local.api_gateway.errors import GatewayResponseError
from local.api_gateway.integrations import IntegrationResponse


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
