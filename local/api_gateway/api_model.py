"""The part of an API Gateway document that this gateway serves. Any other field is an error.

The models are the list of supported fields and values. The gateway refuses to start with any other
one and names its location. Fields of type `object` are descriptions without an effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from local.api_gateway.errors import DocumentError
from local.api_gateway.integrations import AwsIntegration, HttpProxyIntegration, Integration
from local.api_gateway.strict_model import Schema, StrictModel

__all__ = ["Api", "Operation", "RequestValidator", "Verb", "parse_api"]

_PATH: Final = re.compile(r"(/([A-Za-z0-9._:,-]+|\{[A-Za-z0-9._-]+\}))+")
_NOT_IN_THE_DOCUMENT: Final = frozenset({"[key]", "http_proxy", "aws"})
"""Parts that pydantic adds to the location of an error."""

Verb = Literal["get", "put", "post", "delete", "options", "head", "patch"]


class ParameterSchema(StrictModel):
    """The schema of a parameter. API Gateway does not enforce it; it checks presence only."""

    type: Literal["string"]
    pattern: object = None
    min_length: object = Field(None, alias="minLength")
    max_length: object = Field(None, alias="maxLength")
    description: object = None
    example: object = None


class Parameter(StrictModel):
    """A parameter of the path, the query string or the headers."""

    name: str
    location: Literal["path", "query", "header"] = Field(alias="in")
    required: bool = False
    description: object = None
    parameter_schema: ParameterSchema = Field(alias="schema")


class MediaType(StrictModel):
    """The body of one content type."""

    body_schema: Schema = Field(alias="schema")
    example: object = None


class RequestBody(StrictModel):
    """Bodies by content type. A body of another content type is not validated."""

    required: object = None
    description: object = None
    content: dict[str, MediaType]


class Operation(StrictModel):
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
    def _maps_declared_names_only(self) -> Self:
        if isinstance(self.integration, HttpProxyIntegration):
            declared = {p.name for p in self.parameters if p.location == "path"}
            mapped = set(self.integration.path_mapping.values())
            _check_declared("path parameters", mapped, declared)
        else:
            mapped = {r.status_code for r in self.integration.responses.values()}
            _check_declared("responses", mapped, set(self.responses))
        return self


def _check_declared(kind: str, mapped: set[str], declared: set[str]) -> None:
    unknown = sorted(mapped - declared)
    if unknown:
        msg = f"the integration maps {kind} that are not declared: {unknown}"
        raise ValueError(msg)


class RequestValidator(StrictModel):
    """Which parts of a request are validated before the integration."""

    body: bool = Field(alias="validateRequestBody")
    parameters: bool = Field(alias="validateRequestParameters")


class KeyScheme(StrictModel):
    """The API key. API Gateway supports this header name only."""

    type: Literal["apiKey"]
    name: Literal["x-api-key"]
    location: Literal["header"] = Field(alias="in")
    description: object = None


class Components(StrictModel):
    """Definitions that other parts of the document refer to."""

    schemas: dict[str, Schema] = Field(default={})
    security_schemes: dict[str, KeyScheme] = Field(default={}, alias="securitySchemes")


def _validate_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        msg = "supported are paths of plain parts and whole '{name}' parts, without '{proxy+}'"
        raise ValueError(msg)
    return path


class Api(StrictModel):
    """A whole document."""

    openapi: object
    info: object
    tags: object = None
    key_source: Literal["HEADER"] = Field("HEADER", alias="x-amazon-apigateway-api-key-source")
    validators: dict[str, RequestValidator] = Field(
        default={}, alias="x-amazon-apigateway-request-validators"
    )
    validator: str | None = Field(None, alias="x-amazon-apigateway-request-validator")
    paths: dict[Annotated[str, AfterValidator(_validate_path)], dict[Verb, Operation]]
    components: Components = Components()

    @property
    def operations(self) -> list[Operation]:
        """Every operation of every path."""
        return [o for methods in self.paths.values() for o in methods.values()]

    @property
    def calls_kinesis(self) -> bool:
        """Whether any operation calls Kinesis."""
        return any(isinstance(o.integration, AwsIntegration) for o in self.operations)

    def validator_of(self, operation: Operation) -> RequestValidator | None:
        """Return the validator of requests for `operation`; None if nothing is validated."""
        name = operation.validator or self.validator
        return self.validators[name] if name else None

    @model_validator(mode="after")
    def _defines_its_validators(self) -> Self:
        used = {self.validator, *(o.validator for o in self.operations)} - {None}
        unknown = sorted(str(name) for name in used if name not in self.validators)
        if unknown:
            msg = f"request validators without a definition: {unknown}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _defines_its_security_schemes(self) -> Self:
        used = {name for o in self.operations for scheme in o.security for name in scheme or {""}}
        unknown = sorted(used - self.components.security_schemes.keys())
        if unknown:
            msg = f"security: supported are only the names of securitySchemes, not {unknown}"
            raise ValueError(msg)
        return self


def parse_api(document: Mapping[str, Any]) -> Api:
    """Return the model of `document`.

    Raises:
        DocumentError: Raised with the location of everything that this gateway does not serve.
    """
    try:
        return Api.model_validate(document)
    except ValidationError as error:
        problems = [f"  {_location(e['loc'])}: {_problem(e)}" for e in error.errors()]
        msg = "The local gateway does not serve this document:\n" + "\n".join(problems)
        raise DocumentError(msg) from error


def _location(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location if part not in _NOT_IN_THE_DOCUMENT]
    return " → ".join(parts) or "the top"


def _problem(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
