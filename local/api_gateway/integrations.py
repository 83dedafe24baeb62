"""The supported part of `x-amazon-apigateway-integration`, and the base of all models."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from local.api_gateway.mapping_template import validate_template

__all__ = [
    "AwsIntegration",
    "HttpProxyIntegration",
    "Integration",
    "IntegrationResponse",
    "StrictModel",
]

_PATH_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_PATH_MAPPING: Final = re.compile(
    r"integration\.request\.path\.([\w-]+)=method\.request\.path\.([\w-]+)"
)
_HEADER_MAPPING: Final = re.compile(r"integration\.request\.header\.([\w-]+)='([!-&(-~]+)'")
_KINESIS_ACTION: Final = re.compile(r"arn:aws:apigateway:[a-z0-9-]+:kinesis:action/[A-Za-z]+")
_MAX_TIMEOUT_MILLISECONDS: Final = 29_000

Timeout = Annotated[int, Field(ge=50, le=_MAX_TIMEOUT_MILLISECONDS)]
Template = Annotated[str, AfterValidator(validate_template)]
ContentTypeHeader = Literal["integration.request.header.Content-Type"]


class StrictModel(BaseModel):
    """A part of the document. A field without a model attribute is an error."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, given: Any) -> Any:  # noqa: ANN401  # anything YAML can hold
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = sorted(set(given) - set(known)) if isinstance(given, dict) else []
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} is not supported; supported: {', '.join(sorted(known))}"
            )
        return given


class HttpProxyIntegration(StrictModel):
    """Forwards a request to an HTTP server almost unchanged."""

    type: Literal["http_proxy"]
    http_method: Literal["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"] = Field(
        alias="httpMethod"
    )
    uri: Annotated[str, Field(pattern=r"^https?://[^/]+(/.*)?$")]
    request_parameters: dict[str, str] = Field(default={}, alias="requestParameters")
    passthrough_behavior: Literal["when_no_match"] = Field(
        "when_no_match", alias="passthroughBehavior"
    )
    connection_type: Literal["INTERNET", "VPC_LINK"] = Field("INTERNET", alias="connectionType")
    """How AWS reaches the server. This gateway always connects to the host of `uri`."""
    connection_id: object = Field(None, alias="connectionId")
    timeout_milliseconds: Timeout = Field(_MAX_TIMEOUT_MILLISECONDS, alias="timeoutInMillis")

    @cached_property
    def path_mapping(self) -> dict[str, str]:
        """The request's path parameter for each variable of the URI."""
        return self._mapping(_PATH_MAPPING)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers that each request to the server gets. They replace those of the client."""
        return self._mapping(_HEADER_MAPPING)

    def _mapping(self, form: re.Pattern[str]) -> dict[str, str]:
        entries = [form.fullmatch(f"{k}={v}") for k, v in self.request_parameters.items()]
        return {entry[1]: entry[2] for entry in entries if entry}

    @model_validator(mode="after")
    def _maps_every_variable(self) -> Self:
        if len(self.path_mapping) + len(self.headers) != len(self.request_parameters):
            raise ValueError(
                "requestParameters: supported are only entries of the forms "
                "'integration.request.path.<name>: method.request.path.<name>' and "
                "\"integration.request.header.<name>: '<text>'\""
            )
        variables = set(_PATH_VARIABLE.findall(self.uri))
        if variables != self.path_mapping.keys():
            raise ValueError(
                f"requestParameters must map exactly the variables of the uri: {sorted(variables)}"
            )
        return self


class IntegrationResponse(StrictModel):
    """The status for answers of the backend that match a pattern; their body is unchanged."""

    status_code: Annotated[str, Field(pattern=r"^[1-5]\d\d$", alias="statusCode")]


def _validate_action(uri: str) -> str:
    if not _KINESIS_ACTION.fullmatch(uri):
        raise ValueError("supported is only arn:aws:apigateway:<region>:kinesis:action/<action>")
    return uri


def _validate_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class AwsIntegration(StrictModel):
    """Turns a request into a call of Kinesis by a template."""

    type: Literal["aws"]
    http_method: Literal["POST"] = Field(alias="httpMethod")
    uri: Annotated[str, AfterValidator(_validate_action)]
    credentials: str
    """The role that AWS assumes. This gateway uses its own key instead."""
    request_parameters: Annotated[
        dict[ContentTypeHeader, Literal["'application/x-amz-json-1.1'"]],
        Field(min_length=1, alias="requestParameters"),
    ]
    request_templates: Annotated[dict[str, Template], Field(min_length=1, alias="requestTemplates")]
    passthrough_behavior: Literal["never"] = Field(alias="passthroughBehavior")
    connection_type: Literal["INTERNET"] = Field("INTERNET", alias="connectionType")
    timeout_milliseconds: Timeout = Field(_MAX_TIMEOUT_MILLISECONDS, alias="timeoutInMillis")
    responses: dict[Annotated[str, AfterValidator(_validate_pattern)], IntegrationResponse]

    @property
    def region(self) -> str:
        """The AWS region of the service."""
        return self.uri.split(":")[3]

    @property
    def action(self) -> str:
        """The name of the called action, such as `PutRecords`."""
        return self.uri.rpartition("/")[2]


Integration = Annotated[HttpProxyIntegration | AwsIntegration, Field(discriminator="type")]
