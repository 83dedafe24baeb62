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


def test_names_what_the_text_or_the_values_lack() -> None:
    message = r"without a value: \['bucket'\]; values without a placeholder: \['bukket'\]"
    with pytest.raises(PlaceholderError, match=message):
        fill_placeholders("${bucket}", {"bukket": "landing"})
