"""The part of an API Gateway document that this gateway serves. Any other field is an error.

The models are the list of supported fields and values. The gateway refuses to start with any other
one and names its location. Fields of type `object` are descriptions without an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from local.api_gateway.errors import DocumentError
from local.api_gateway.integrations import (
    AwsIntegration,
    HttpProxyIntegration,
    Integration,
    StrictModel,
)

__all__ = ["Api", "Operation", "RequestValidator", "Verb", "parse_api"]

_PATH: Final = re.compile(r"(/([A-Za-z0-9._:,-]+|\{[A-Za-z0-9._-]+\}))+")
_NOT_IN_THE_DOCUMENT: Final = frozenset({"[key]", "http_proxy", "aws"})
"""Parts that pydantic adds to the location of an error."""

_NESTED: Final = frozenset({"items", "not", "additionalProperties"})
_NESTED_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_DESCRIPTIVE: Final = frozenset({"title", "description", "example", "default"})
_ENFORCED: Final = frozenset({
    "$ref",
    "type",
    "enum",
    "required",
    "properties",
    "minProperties",
    "maxProperties",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
})
_SUPPORTED: Final = _ENFORCED | _NESTED | _NESTED_LISTS | _DESCRIPTIVE
_LOCAL_SCHEMAS: Final = "#/components/schemas/"

Verb = Literal["get", "put", "post", "delete", "options", "head", "patch"]


def _validate_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` if all its keywords are supported, at any depth."""
    _validate_keywords(schema, "")
    return schema


Schema = Annotated[dict[str, Any], AfterValidator(_validate_schema)]
"""A JSON Schema of draft 4, with the keywords that this gateway enforces."""


def _validate_keywords(schema: Mapping[str, Any], location: str) -> None:
    for keyword in schema:
        if keyword not in _SUPPORTED:
            supported = ", ".join(sorted(_SUPPORTED))
            raise ValueError(f"{location}{keyword} is not supported; supported: {supported}")
    reference = schema.get("$ref", _LOCAL_SCHEMAS)
    if not reference.startswith(_LOCAL_SCHEMAS):
        raise ValueError(
            f"{location}$ref {reference!r} is not supported; supported: {_LOCAL_SCHEMAS}<name>"
        )
    for name, nested in _nested_schemas(schema):
        _validate_keywords(nested, f"{location}{name}.")


def _nested_schemas(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the schemas directly inside `schema`, each with its location there."""
    for name, nested in schema.get("properties", {}).items():
        yield f"properties.{name}", nested
    for keyword in sorted(_NESTED & schema.keys()):
        if isinstance(schema[keyword], Mapping):
            yield keyword, schema[keyword]
    for keyword in sorted(_NESTED_LISTS & schema.keys()):
        for index, nested in enumerate(schema[keyword]):
            yield f"{keyword}.{index}", nested


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


class Authorization(StrictModel):
    """The authorization of an operation, in addition to the API key. AWS_IAM needs a signature."""

    type: Literal["NONE", "AWS_IAM"]


class Operation(StrictModel):
    """One method of one path."""

    operation_id: object = Field(None, alias="operationId")
    summary: object = None
    description: object = None
    tags: object = None
    responses: dict[str, object] = Field(default={})
    security: list[dict[str, list[str]]] = Field(default=[])
    authorization: Authorization = Field(
        Authorization(type="NONE"), alias="x-amazon-apigateway-auth"
    )
    parameters: list[Parameter] = Field(default=[])
    request_body: RequestBody | None = Field(None, alias="requestBody")
    validator: str | None = Field(None, alias="x-amazon-apigateway-request-validator")
    integration: Integration = Field(alias="x-amazon-apigateway-integration")

    @property
    def needs_key(self) -> bool:
        """Whether a request needs an API key."""
        return bool(self.security)

    @property
    def needs_signature(self) -> bool:
        """Whether a request needs a signature of AWS."""
        return self.authorization.type == "AWS_IAM"

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
        raise ValueError(f"the integration maps {kind} that are not declared: {unknown}")


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
        raise ValueError(
            "supported are paths of plain parts and whole '{name}' parts, without '{proxy+}'"
        )
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
            raise ValueError(f"request validators without a definition: {unknown}")
        return self

    @model_validator(mode="after")
    def _defines_its_security_schemes(self) -> Self:
        used = {name for o in self.operations for scheme in o.security for name in scheme or {""}}
        unknown = sorted(used - self.components.security_schemes.keys())
        if unknown:
            raise ValueError(
                f"security: supported are only the names of securitySchemes, not {unknown}"
            )
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
        raise DocumentError(
            "The local gateway does not serve this document:\n" + "\n".join(problems)
        ) from error


def _location(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location if part not in _NOT_IN_THE_DOCUMENT]
    return " → ".join(parts) or "the top"


def _problem(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
