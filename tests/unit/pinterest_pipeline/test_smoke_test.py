"""The verdict of the smoke test, and its lines."""

from __future__ import annotations

import pytest

from pinterest_pipeline.errors import SmokeTestError
from pinterest_pipeline.hostile_lines import HOSTILE_LINES
from pinterest_pipeline.smoke_test import Difference, verdict


def test_each_line_is_one_line_and_tested_once() -> None:
    lines = [(line.event, line.line) for line in HOSTILE_LINES]
    assert len(set(lines)) == len(lines)
    assert not any(b"\n" in line for _, line in lines)


def test_a_test_without_differences_passes() -> None:
    assert verdict([], HOSTILE_LINES[:3]) == "pass: all 3 lines have the expected outcome"


def test_differences_are_an_error_that_lists_them() -> None:
    difference = Difference("pin", "{", "rejected: not JSON", "good: {}")
    message = (
        r"(?s)all 3 lines; got another for 1:\npin '\{': expected rejected: not JSON, got good"
    )
    with pytest.raises(SmokeTestError, match=message):
        verdict([difference], HOSTILE_LINES[:3])
