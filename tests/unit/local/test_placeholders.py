"""Placeholders of files that Terraform fills in the cloud."""

from __future__ import annotations

import pytest

from local.placeholders import PlaceholderError, fill_placeholders


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${a}/topics/{topic}", "http://b/topics/{topic}"),
        ("$a $input.json('$') $${x ${a}", "$a $input.json('$') $${x http://b"),
        ("#foreach ${a} ${a}", "#foreach http://b http://b"),
    ],
)
def test_only_braced_names_are_placeholders(text: str, filled: str) -> None:
    assert fill_placeholders(text, {"a": "http://b"}) == filled


def test_names_a_placeholder_without_a_value() -> None:
    with pytest.raises(PlaceholderError, match=r"without a value: \['bucket'\]"):
        fill_placeholders("${bucket} ${region}", {"region": "us-east-1"})


def test_names_a_value_without_a_placeholder() -> None:
    with pytest.raises(PlaceholderError, match=r"without a placeholder: \['bukket'\]"):
        fill_placeholders("${region}", {"region": "us-east-1", "bukket": "landing"})
