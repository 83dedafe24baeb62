"""Reads an OpenAPI document: placeholders, YAML, and whether it is OpenAPI at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from local.api_gateway.errors import DocumentError, PlaceholderError

__all__ = ["fill_placeholders", "read_document"]

_PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")


def read_document(path: Path, placeholders: Mapping[str, str]) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document at `path`, its placeholders filled.

    Raises:
        PlaceholderError: Raised when a placeholder has no value.
        DocumentError: Raised when it cannot be read or is not OpenAPI 3.0.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(fill_placeholders(text, placeholders))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path} cannot be read as YAML: {error}"
        raise DocumentError(msg) from error
    _check_openapi(document)
    return dict(document)


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with every `${name}` replaced, in comments too, as Terraform does.

    Raises:
        PlaceholderError: Raised when one has no value.
    """
    missing = sorted(set(_PLACEHOLDER.findall(text)) - values.keys())
    if missing:
        given = ", ".join(sorted(values)) or "none"
        msg = f"The document needs values for {', '.join(missing)}; it was given {given}."
        raise PlaceholderError(msg)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _check_openapi(document: object) -> None:
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0."):
        msg = "Expected an OpenAPI 3.0 document, which begins with 'openapi: 3.0.1' or the like."
        raise DocumentError(msg)
    try:
        OpenAPIV30SpecValidator(document).validate()
    except OpenAPIValidationError as error:
        place = ".".join(str(part) for part in getattr(error, "absolute_path", ())) or "the top"
        msg = f"Not a valid OpenAPI 3.0 document, at {place}: {str(error).splitlines()[0]}"
        raise DocumentError(msg) from error
