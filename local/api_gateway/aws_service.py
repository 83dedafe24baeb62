"""The aws integration: a template makes a request into a signed call of Kinesis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.api_gateway.content_type import content_type
from local.api_gateway.gateway_responses import (
    API_CONFIGURATION_ERROR,
    INTEGRATION_FAILURE,
    INTEGRATION_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    GatewayResponseError,
)
from local.api_gateway.integrations import AwsIntegration, IntegrationResponse
from local.api_gateway.mapping_template import MappingTemplate
from local.api_gateway.settings import ApiGatewaySettings

__all__ = ["AwsService", "mapped_status"]

_TARGET: Final = "Kinesis_20131202"
_CONTENT_TYPE: Final = "integration.request.header.Content-Type"


class AwsService:
    """One aws integration."""

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
        """Return the service's answer to `request`, with the status that the document gives it.

        Raises:
            GatewayResponseError: Raised when no template takes the request, or there is no answer
                in time, or no connection.
        """
        call = self._call(request, path_parameters, body)
        try:
            async with client.post(
                self._url, data=call, headers=self._signed(call), timeout=self._timeout
            ) as answer:
                status = mapped_status(answer.status, self._responses)
                content = await answer.read()
                return web.Response(status=status, body=content, content_type="application/json")
        except TimeoutError as error:
            raise GatewayResponseError(INTEGRATION_TIMEOUT) from error
        except aiohttp.ClientError as error:
            raise GatewayResponseError(INTEGRATION_FAILURE) from error

    def _call(self, request: web.Request, path_parameters: Mapping[str, str], body: bytes) -> bytes:
        template = self._templates.get(content_type(request))
        if template is None:
            raise GatewayResponseError(UNSUPPORTED_MEDIA_TYPE)
        return template.fill(body, [path_parameters, request.query, request.headers])

    def _signed(self, call: bytes) -> dict[str, str]:
        signed = AWSRequest("POST", self._url, headers=self._headers, data=call)
        self._signer.add_auth(signed)
        return dict(signed.headers)


def mapped_status(status: int, responses: Mapping[str, IntegrationResponse]) -> int:
    """Return the status for the client: that of the pattern which `status` fits, or `default`.

    Raises:
        GatewayResponseError: Raised when none fits and there is no default.
    """
    fitting = [r for p, r in responses.items() if p != "default" and re.fullmatch(p, str(status))]
    chosen = fitting[0] if fitting else responses.get("default")
    if chosen is None:
        raise GatewayResponseError(API_CONFIGURATION_ERROR)
    return int(chosen.status_code)
