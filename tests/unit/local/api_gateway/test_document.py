"""The document's placeholders are filled, and it must be OpenAPI 3.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.api_gateway.document import read_document
from local.api_gateway.errors import DocumentError

MINIMAL = """
openapi: 3.0.1
info: {title: "${title}", version: "1"}
paths: {}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "api.yaml"
    path.write_text(text)
    return path


def test_placeholders_are_filled(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, MINIMAL), {"title": "Events"})

    assert document["info"]["title"] == "Events"


def test_a_placeholder_without_a_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"api\.yaml: .* without a value: \['title'\]"):
        read_document(write(tmp_path, MINIMAL), {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("paths: [", "cannot be read as YAML"),
        ("[]", "Expected an OpenAPI 3.0 document"),
        ("swagger: '2.0'", "Expected an OpenAPI 3.0 document"),
        ("openapi: 3.1.0", "Expected an OpenAPI 3.0 document"),
        ("openapi: 3.0.1\npaths: {}", '"info" is a required property'),
    ],
)
def test_another_document_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        read_document(write(tmp_path, text), {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.yaml"):
        read_document(tmp_path / "none.yaml", {})
