"""The aws integration: a template turns a request into a signed call of Kinesis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.api_gateway.errors import (
    API_CONFIGURATION_ERROR,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponseError,
)
from local.api_gateway.integrations import AwsIntegration, IntegrationResponse
from local.api_gateway.mapping_template import MappingTemplate
from local.api_gateway.settings import ApiGatewaySettings
from local.api_gateway.validation import content_type

__all__ = ["AwsService", "mapped_status"]

_TARGET: Final = "Kinesis_20131202"
_CONTENT_TYPE: Final = "integration.request.header.Content-Type"


class AwsService:
    """The backend of one aws integration."""

    def __init__(self, integration: AwsIntegration, settings: ApiGatewaySettings) -> None:
        self._responses = integration.responses
        self._templates = {
            kind.lower(): MappingTemplate(text)
            for kind, text in integration.request_templates.items()
        }
        self._timeout = aiohttp.ClientTimeout(total=integration.timeout_milliseconds / 1000)
        self._url = f"{settings.kinesis_url}/"
        self._headers = {
            "Content-Type": integration.request_parameters[_CONTENT_TYPE].strip("'"),
            "X-Amz-Target": f"{_TARGET}.{integration.action}",
        }
        key = settings.aws_access_key_id.get_secret_value()
        credentials = Credentials(key, settings.aws_secret_access_key.get_secret_value())
        self._signer = SigV4Auth(credentials, "kinesis", integration.region)

    async def send(
        self,
        client: aiohttp.ClientSession,
        request: web.Request,
        path_parameters: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        """Return the answer of Kinesis to `request`, with the status that the document maps it to.

        Raises:
            GatewayResponseError: Raised when no template matches the content type.
        """
        template = self._templates.get(content_type(request))
        if template is None:
            raise GatewayResponseError(UNSUPPORTED_MEDIA_TYPE)
        call = template.fill(body, [path_parameters, request.query, request.headers])
        async with client.post(
            self._url, data=call, headers=self._signed(call), timeout=self._timeout
        ) as answer:
            status = mapped_status(answer.status, self._responses)
            content = await answer.read()
            return web.Response(status=status, body=content, content_type="application/json")

    def _signed(self, call: bytes) -> dict[str, str]:
        signed = AWSRequest("POST", self._url, headers=self._headers, data=call)
        self._signer.add_auth(signed)
        return dict(signed.headers)


def mapped_status(status: int, responses: Mapping[str, IntegrationResponse]) -> int:
    """Return the client's status: of the first pattern that matches `status`, or of `default`.

    Raises:
        GatewayResponseError: Raised when no pattern matches and there is no default.
    """
    matching = [r for p, r in responses.items() if p != "default" and re.fullmatch(p, str(status))]
    chosen = matching[0] if matching else responses.get("default")
    if chosen is None:
        raise GatewayResponseError(API_CONFIGURATION_ERROR)
    return int(chosen.status_code)
