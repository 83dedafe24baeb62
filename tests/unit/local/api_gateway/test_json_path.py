"""JSON paths of mapping templates."""

from __future__ import annotations

import pytest

from local.api_gateway.json_path import MISSING, find, parse_path

BODY = {"a": {"b-c": [1, None]}, "text": "abc"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", BODY),
        ("$.a['b-c'][0]", 1),
        ("$['a']['b-c'][1]", None),
        ("$.nothing", MISSING),
        ("$.a['b-c'][2]", MISSING),
        ("$.a.b.c", MISSING),
        ("$.text.more", MISSING),
        ("$[0]", MISSING),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path: str, found: object) -> None:
    assert find(BODY, path) == found


@pytest.mark.parametrize("path", ["", "a", "$.", "$..a", "$.*", "$[*]", "$[-1]", "$[?(@.a)]", "$ "])
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not supported; supported: "):
        parse_path(path)
