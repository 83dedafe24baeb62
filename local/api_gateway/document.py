"""Reads an OpenAPI document: placeholders, YAML, and whether it is OpenAPI at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from local.api_gateway.errors import DocumentError
from local.placeholders import PlaceholderError, fill_placeholders

__all__ = ["read_document"]


def read_document(path: Path, placeholders: Mapping[str, str]) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document at `path`, its placeholders filled.

    Raises:
        DocumentError: Raised when it cannot be read, has other placeholders than those, or is not
            OpenAPI 3.0.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(fill_placeholders(text, placeholders))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path} cannot be read as YAML: {error}"
        raise DocumentError(msg) from error
    except PlaceholderError as error:
        msg = f"{path}: {error}"
        raise DocumentError(msg) from error
    _check_openapi(document)
    return dict(document)


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
