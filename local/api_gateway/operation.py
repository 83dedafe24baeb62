"""What of an operation is served here: its parameters, its bodies, its integration."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from local.api_gateway.integrations import HttpProxyIntegration, Integration
from local.api_gateway.place import Supported
from local.api_gateway.strict_model import check_schema

__all__ = ["Operation", "Parameter", "Schema"]


def _checked(schema: dict[str, Any]) -> dict[str, Any]:
    check_schema(schema)
    return schema


Schema = Annotated[dict[str, Any], AfterValidator(_checked)]
"""A JSON schema of keywords that are honoured here."""


class ParameterSchema(Supported):
    """The schema of a parameter. API Gateway checks presence only, never these."""

    type: Literal["string"]
    pattern: object = None
    min_length: object = Field(None, alias="minLength")
    max_length: object = Field(None, alias="maxLength")
    description: object = None
    example: object = None


class Parameter(Supported):
    """A parameter of the path, the query string or the header."""

    name: str
    place: Literal["path", "query", "header"] = Field(alias="in")
    required: bool = False
    description: object = None
    parameter_schema: ParameterSchema = Field(alias="schema")


class MediaType(Supported):
    """The body of one content type."""

    body_schema: Schema = Field(alias="schema")
    example: object = None


class RequestBody(Supported):
    """Bodies by content type. A body of another content type is not validated."""

    required: object = None
    description: object = None
    content: dict[str, MediaType]


class Operation(Supported):
    """One method of one path."""

    operation_id: object = Field(None, alias="operationId")
    summary: object = None
    description: object = None
    tags: object = None
    responses: dict[str, object] = Field(default={})
    security: list[dict[str, list[str]]] = Field(default=[])
    parameters: list[Parameter] = Field(default=[])
    request_body: RequestBody | None = Field(None, alias="requestBody")
    validator: str | None = Field(None, alias="x-amazon-apigateway-request-validator")
    integration: Integration = Field(alias="x-amazon-apigateway-integration")

    @property
    def needs_key(self) -> bool:
        """Whether a request needs an API key."""
        return bool(self.security)

    @model_validator(mode="after")
    def _maps_what_is_declared(self) -> Self:
        if isinstance(self.integration, HttpProxyIntegration):
            declared = {p.name for p in self.parameters if p.place == "path"}
            mapped = set(self.integration.path_mapping.values())
            _check_declared("path parameters", mapped, declared)
        else:
            mapped = {r.status_code for r in self.integration.responses.values()}
            _check_declared("responses", mapped, set(self.responses))
        return self


def _check_declared(what: str, mapped: set[str], declared: set[str]) -> None:
    unknown = sorted(mapped - declared)
    if unknown:
        msg = f"the integration maps {what} that are not declared: {unknown}"
        raise ValueError(msg)
