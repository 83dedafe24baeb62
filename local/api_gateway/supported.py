"""What of an API Gateway document is served here. Every other field is an error.

The models are the list: a field that is not in them, or another value than they allow, is refused
at the start with its place. Fields of type `object` are descriptions and change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from local.api_gateway.errors import UnsupportedError
from local.api_gateway.schemas import check_schema

__all__ = ["Api", "Integration", "Operation", "Parameter", "check_supported"]

_PATH_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_PATH: Final = re.compile(r"(/([A-Za-z0-9._:,-]+|\{[A-Za-z0-9._-]+\}))+")
_MAPPING: Final = re.compile(
    r"integration\.request\.path\.([\w-]+)=method\.request\.path\.([\w-]+)"
)
_MAX_TIMEOUT_MILLISECONDS: Final = 29_000

Verb = Literal["get", "put", "post", "delete", "options", "head", "patch"]


def _checked(schema: dict[str, Any]) -> dict[str, Any]:
    check_schema(schema)
    return schema


Schema = Annotated[dict[str, Any], AfterValidator(_checked)]


class _Supported(BaseModel):
    """A place in the document."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, given: Any) -> Any:  # noqa: ANN401  # anything YAML can hold
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = sorted(set(given) - set(known)) if isinstance(given, dict) else []
        if unknown:
            msg = f"{', '.join(unknown)} is not supported; supported: {', '.join(sorted(known))}"
            raise ValueError(msg)
        return given


class ParameterSchema(_Supported):
    """The schema of a parameter. API Gateway checks presence only, never these."""

    type: Literal["string"]
    pattern: object = None
    min_length: object = Field(None, alias="minLength")
    max_length: object = Field(None, alias="maxLength")
    description: object = None
    example: object = None


class Parameter(_Supported):
    """A parameter of the path, the query string or the header."""

    name: str
    place: Literal["path", "query", "header"] = Field(alias="in")
    required: bool = False
    description: object = None
    parameter_schema: ParameterSchema = Field(alias="schema")


class MediaType(_Supported):
    """The body of one content type."""

    body_schema: Schema = Field(alias="schema")
    example: object = None


class RequestBody(_Supported):
    """Bodies by content type. A body of another content type is not validated."""

    required: object = None
    description: object = None
    content: dict[str, MediaType]


class Integration(_Supported):
    """Where a request goes."""

    type: Literal["http_proxy"]
    http_method: Literal["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"] = Field(
        alias="httpMethod"
    )
    uri: Annotated[str, Field(pattern=r"^https?://[^/]+(/.*)?$")]
    request_parameters: dict[str, str] = Field(default={}, alias="requestParameters")
    passthrough_behavior: Literal["when_no_match"] = Field(
        "when_no_match", alias="passthroughBehavior"
    )
    connection_type: Literal["INTERNET"] = Field("INTERNET", alias="connectionType")
    timeout_milliseconds: Annotated[int, Field(ge=50, le=_MAX_TIMEOUT_MILLISECONDS)] = Field(
        _MAX_TIMEOUT_MILLISECONDS, alias="timeoutInMillis"
    )

    @cached_property
    def path_mapping(self) -> dict[str, str]:
        """The request's path parameter for each variable of the URI."""
        pairs = [_MAPPING.fullmatch(f"{k}={v}") for k, v in self.request_parameters.items()]
        return {pair[1]: pair[2] for pair in pairs if pair}

    @model_validator(mode="after")
    def _maps_every_variable(self) -> Self:
        if len(self.path_mapping) != len(self.request_parameters):
            msg = (
                "requestParameters: supported are only entries of the form "
                "'integration.request.path.<name>: method.request.path.<name>'"
            )
            raise ValueError(msg)
        variables = set(_PATH_VARIABLE.findall(self.uri))
        if variables != self.path_mapping.keys():
            msg = (
                f"requestParameters must map exactly the variables of the uri: {sorted(variables)}"
            )
            raise ValueError(msg)
        return self


class Operation(_Supported):
    """One method of one path."""

    operation_id: object = Field(None, alias="operationId")
    summary: object = None
    description: object = None
    tags: object = None
    responses: object = None
    security: list[dict[str, list[str]]] = []
    parameters: list[Parameter] = []
    request_body: RequestBody | None = Field(None, alias="requestBody")
    validator: str | None = Field(None, alias="x-amazon-apigateway-request-validator")
    integration: Integration = Field(alias="x-amazon-apigateway-integration")

    @property
    def needs_key(self) -> bool:
        """Whether a request needs an API key."""
        return bool(self.security)

    @model_validator(mode="after")
    def _maps_declared_parameters(self) -> Self:
        declared = {p.name for p in self.parameters if p.place == "path"}
        unknown = sorted(set(self.integration.path_mapping.values()) - declared)
        if unknown:
            msg = f"the integration maps path parameters that are not declared: {unknown}"
            raise ValueError(msg)
        return self


class RequestValidator(_Supported):
    """What is validated before the integration."""

    body: bool = Field(alias="validateRequestBody")
    parameters: bool = Field(alias="validateRequestParameters")


class KeyScheme(_Supported):
    """The API key; API Gateway knows it under this name only."""

    type: Literal["apiKey"]
    name: Literal["x-api-key"]
    place: Literal["header"] = Field(alias="in")
    description: object = None


class Components(_Supported):
    """What other places refer to."""

    schemas: dict[str, Schema] = {}
    security_schemes: dict[str, KeyScheme] = Field(default={}, alias="securitySchemes")


def _servable(path: str) -> str:
    if not _PATH.fullmatch(path):
        msg = "supported are paths of plain parts and whole '{name}' parts, without '{proxy+}'"
        raise ValueError(msg)
    return path


class Api(_Supported):
    """A whole document."""

    openapi: object
    info: object
    tags: object = None
    key_source: Literal["HEADER"] = Field("HEADER", alias="x-amazon-apigateway-api-key-source")
    validators: dict[str, RequestValidator] = Field(
        default={}, alias="x-amazon-apigateway-request-validators"
    )
    validator: str | None = Field(None, alias="x-amazon-apigateway-request-validator")
    paths: dict[Annotated[str, AfterValidator(_servable)], dict[Verb, Operation]]
    components: Components = Components()

    @model_validator(mode="after")
    def _names_known_validators(self) -> Self:
        operations = [o for methods in self.paths.values() for o in methods.values()]
        named = {self.validator, *(o.validator for o in operations)} - {None}
        unknown = sorted(str(name) for name in named if name not in self.validators)
        if unknown:
            msg = f"request validators without a definition: {unknown}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_known_keys(self) -> Self:
        operations = [o for methods in self.paths.values() for o in methods.values()]
        named = {name for o in operations for scheme in o.security for name in scheme or {""}}
        unknown = sorted(named - self.components.security_schemes.keys())
        if unknown:
            msg = f"security: supported are only the names of securitySchemes, not {unknown}"
            raise ValueError(msg)
        return self

    def validator_of(self, operation: Operation) -> RequestValidator | None:
        """Return what is validated of a request for `operation`; null for nothing."""
        name = operation.validator or self.validator
        return self.validators[name] if name else None


def check_supported(document: Mapping[str, Any]) -> Api:
    """Return `document` as what is served of it, which is all of it.

    Raises:
        UnsupportedError: Raised with every place that this gateway does not serve.
    """
    try:
        return Api.model_validate(document)
    except ValidationError as error:
        places = [f"  {_place(e['loc'])}: {_problem(e)}" for e in error.errors()]
        msg = "The local gateway does not serve this document:\n" + "\n".join(places)
        raise UnsupportedError(msg) from error


def _place(location: tuple[int | str, ...]) -> str:
    return " → ".join(str(part) for part in location if part != "[key]") or "the top"


def _problem(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
