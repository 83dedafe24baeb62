"""Reads an OpenAPI document: fills placeholders, parses YAML, validates OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from local.api_gateway.errors import DocumentError
from local.errors import StackError
from local.files import fill_placeholders

__all__ = ["read_document"]


def read_document(path: Path, placeholders: Mapping[str, str]) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document at `path`, with its placeholders filled.

    Raises:
        DocumentError: Raised when the document cannot be read, when its placeholders differ from
            `placeholders`, or when it is not OpenAPI 3.0.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(fill_placeholders(text, placeholders))
    except (OSError, yaml.YAMLError) as error:
        raise DocumentError(f"{path} cannot be read as YAML: {error}") from error
    except StackError as error:
        raise DocumentError(f"{path}: {error}") from error
    _check_openapi(document)
    return dict(document)


def _check_openapi(document: object) -> None:
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0."):
        raise DocumentError(
            "Expected an OpenAPI 3.0 document, which begins with 'openapi: 3.0.1' or the like."
        )
    try:
        OpenAPIV30SpecValidator(document).validate()
    except OpenAPIValidationError as error:
        location = ".".join(str(part) for part in getattr(error, "absolute_path", ())) or "the top"
        raise DocumentError(
            f"Not a valid OpenAPI 3.0 document, at {location}: {str(error).splitlines()[0]}"
        ) from error
