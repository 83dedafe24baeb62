"""Strictness of the document's models: unknown fields and JSON Schema keywords are errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

__all__ = ["Schema", "StrictModel", "validate_schema"]

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


class StrictModel(BaseModel):
    """A part of the document. A field without a model attribute is an error."""

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


def validate_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema`, a JSON Schema whose keywords are all supported, at any depth.

    Raises:
        ValueError: Raised with the first unsupported keyword.
    """
    _validate_keywords(schema, "")
    return schema


Schema = Annotated[dict[str, Any], AfterValidator(validate_schema)]
"""A JSON Schema of draft 4, with the keywords that this gateway enforces."""


def _validate_keywords(schema: Mapping[str, Any], location: str) -> None:
    for keyword in schema:
        if keyword not in _SUPPORTED:
            supported = ", ".join(sorted(_SUPPORTED))
            msg = f"{location}{keyword} is not supported; supported: {supported}"
            raise ValueError(msg)
    reference = schema.get("$ref", _LOCAL_SCHEMAS)
    if not reference.startswith(_LOCAL_SCHEMAS):
        msg = f"{location}$ref {reference!r} is not supported; supported: {_LOCAL_SCHEMAS}<name>"
        raise ValueError(msg)
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
