"""Counts, names and colours of charts."""

from __future__ import annotations

import pytest

from pinterest_pipeline.drawing import clipped, colour_of, compact


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (437, "437"),
        (500.5, "500.5"),
        (999, "999"),
        (1000, "1k"),
        (1200, "1.2k"),
        (26_500, "26.5k"),
        (124_000, "124k"),
        (999_600, "1M"),
        (15_000_000, "15M"),
        (3_000_000_000, "3B"),
    ],
)
def test_counts_are_written_as_people_say_them(count: float, text: str) -> None:
    assert compact(count) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Peru", "Peru"),
        ("two\nlines", "two lines"),
        ("Antarctica (the territory South of 60 deg S)", "Antarctica (the territory South o…"),
    ],
)
def test_long_names_are_clipped(name: str, text: str) -> None:
    assert clipped(name) == text


def test_categories_have_colours_of_their_own() -> None:
    assert colour_of("art") != colour_of("travel")


def test_an_unknown_category_is_grey() -> None:
    assert colour_of("gardening") == "#8d8d8d"
