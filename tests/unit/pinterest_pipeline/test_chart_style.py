"""Counts, names and colours of charts."""

from __future__ import annotations

import pytest

from pinterest_pipeline.chart_style import bars, clipped, colours, columns, compact, figure


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
def test_counts_have_a_short_form(count: float, text: str) -> None:
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


def thickness(names: int, room: int = 0) -> float:
    """Return the thickness of one of that many bars, as a part of the height."""
    axes = figure("", "", height=4).subplots()
    few = [1.0] * names
    bars(axes, [str(n) for n in range(names)], few, ["one"] * names, ["red"] * names, room=room)
    low, high = axes.get_ylim()
    return float(axes.patches[0].get_height()) / abs(high - low)  # type: ignore[attr-defined]  # a rectangle


def test_few_bars_are_as_thick_as_four_and_as_those_beside_them() -> None:
    assert thickness(1) == thickness(2, room=2) == thickness(4) > thickness(5)
    assert thickness(2, room=15) == thickness(15, room=15)


def test_one_column_is_as_wide_as_one_of_four_and_centred() -> None:
    axes = figure("", "", height=4).subplots()
    columns(axes, ["2015"], [1.0], ["one"], ["red"])
    assert axes.get_xlim() == (-2.0, 2.0)


def test_each_category_has_its_colour_and_an_unknown_one_is_grey() -> None:
    assert colours(["art", "travel", "art", "gardening"]) == [
        "#e4572e",
        "#1fa3b3",
        "#e4572e",
        "#8d8d8d",
    ]
