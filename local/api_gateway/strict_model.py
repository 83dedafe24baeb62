"""What of JSON Schema a request body's schema may use: the keywords of draft 4, API Gateway's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["check_schema"]

_NESTED: Final = frozenset({"items", "not", "additionalProperties"})
_NESTED_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_DESCRIBING: Final = frozenset({"title", "description", "example", "default"})
_CHECKED: Final = frozenset({
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
_SUPPORTED: Final = _CHECKED | _NESTED | _NESTED_LISTS | _DESCRIBING
_LOCAL_SCHEMAS: Final = "#/components/schemas/"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Check that every keyword of `schema`, at any depth, is one that is honoured here.

    Raises:
        ValueError: Raised with the first keyword that is not.
    """
    _check(schema, "")


def _check(schema: Mapping[str, Any], place: str) -> None:
    for keyword in schema:
        if keyword not in _SUPPORTED:
            msg = f"{place}{keyword} is not supported; supported: {', '.join(sorted(_SUPPORTED))}"
            raise ValueError(msg)
    reference = schema.get("$ref", _LOCAL_SCHEMAS)
    if not reference.startswith(_LOCAL_SCHEMAS):
        msg = f"{place}$ref {reference!r} is not supported; supported: {_LOCAL_SCHEMAS}<name>"
        raise ValueError(msg)
    for name, nested in _nested(schema):
        _check(nested, f"{place}{name}.")


def _nested(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the schemas directly inside of `schema`, each with its place there."""
    found = [(f"properties.{n}", s) for n, s in schema.get("properties", {}).items()]
    found += [(k, schema[k]) for k in _NESTED & schema.keys() if isinstance(schema[k], Mapping)]
    for keyword in _NESTED_LISTS & schema.keys():
        found += [(f"{keyword}.{i}", s) for i, s in enumerate(schema[keyword])]
    return found
