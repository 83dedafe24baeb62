"""The document is filled in, and must be OpenAPI 3.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.api_gateway.document import fill_placeholders, read_document
from local.api_gateway.errors import DocumentError, PlaceholderError

MINIMAL = """
openapi: 3.0.1
info: {title: "${title}", version: "1"}
paths: {}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "api.yaml"
    path.write_text(text)
    return path


def test_placeholders_are_filled(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, MINIMAL), {"title": "Events"})

    assert document["info"]["title"] == "Events"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${a}/topics/{topic}", "http://b/topics/{topic}"),
        ("$a $input.json('$') $${x", "$a $input.json('$') $${x"),
        ("#foreach ${a}", "#foreach http://b"),
    ],
)
def test_only_braced_names_are_placeholders(text: str, filled: str) -> None:
    assert fill_placeholders(text, {"a": "http://b"}) == filled


def test_a_placeholder_without_a_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlaceholderError, match="needs values for title; it was given none"):
        read_document(written(tmp_path, MINIMAL), {})


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
        read_document(written(tmp_path, text), {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.yaml"):
        read_document(tmp_path / "none.yaml", {})
