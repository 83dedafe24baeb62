"""What of an API Gateway document is served here. Every other field is an error.

The models are the list: a field that is not in them, or another value than they allow, is refused
at the start with its place. Fields of type `object` are descriptions and change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from local.api_gateway.errors import UnsupportedError
from local.api_gateway.integrations import AwsIntegration
from local.api_gateway.operation import Operation, Schema
from local.api_gateway.place import Supported

__all__ = ["Api", "Verb", "check_supported"]

_PATH: Final = re.compile(r"(/([A-Za-z0-9._:,-]+|\{[A-Za-z0-9._-]+\}))+")
_NOT_PLACES: Final = frozenset({"[key]", "http_proxy", "aws"})
"""What pydantic adds to the place of an error."""

Verb = Literal["get", "put", "post", "delete", "options", "head", "patch"]


class RequestValidator(Supported):
    """What is validated before the integration."""

    body: bool = Field(alias="validateRequestBody")
    parameters: bool = Field(alias="validateRequestParameters")


class KeyScheme(Supported):
    """The API key; API Gateway knows it under this name only."""

    type: Literal["apiKey"]
    name: Literal["x-api-key"]
    place: Literal["header"] = Field(alias="in")
    description: object = None


class Components(Supported):
    """What other places refer to."""

    schemas: dict[str, Schema] = Field(default={})
    security_schemes: dict[str, KeyScheme] = Field(default={}, alias="securitySchemes")


def _servable(path: str) -> str:
    if not _PATH.fullmatch(path):
        msg = "supported are paths of plain parts and whole '{name}' parts, without '{proxy+}'"
        raise ValueError(msg)
    return path


class Api(Supported):
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

    @property
    def operations(self) -> list[Operation]:
        """Every operation of every path."""
        return [o for methods in self.paths.values() for o in methods.values()]

    @model_validator(mode="after")
    def _names_known_validators(self) -> Self:
        named = {self.validator, *(o.validator for o in self.operations)} - {None}
        unknown = sorted(str(name) for name in named if name not in self.validators)
        if unknown:
            msg = f"request validators without a definition: {unknown}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_known_keys(self) -> Self:
        named = {name for o in self.operations for scheme in o.security for name in scheme or {""}}
        unknown = sorted(named - self.components.security_schemes.keys())
        if unknown:
            msg = f"security: supported are only the names of securitySchemes, not {unknown}"
            raise ValueError(msg)
        return self

    @property
    def calls_kinesis(self) -> bool:
        """Whether any operation calls Kinesis."""
        return any(isinstance(o.integration, AwsIntegration) for o in self.operations)

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
    return " → ".join(str(part) for part in location if part not in _NOT_PLACES) or "the top"


def _problem(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
