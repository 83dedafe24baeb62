"""The terminal shows answers and reasons as they are, and not too many of them."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from local.demo.terminal import show_answer, show_rejected

REASONS = pd.DataFrame({
    "event": ["geo"] * 11,
    "reason": [f'latitude: expected [-90, 90], got "{200 + number}"' for number in range(11)],
    "records": [1_200, *range(10, 0, -1)],
})


def shown(show: Callable[[Console], None]) -> list[str]:
    """Return the lines of a terminal, the cells of a table with one space between."""
    terminal = StringIO()
    show(Console(file=terminal, width=80))
    lines = terminal.getvalue().replace("┃", "│").splitlines()
    return [" ".join(line.replace("│", " ").split()) for line in lines]


def test_reasons_of_rejection_are_shown_with_their_records() -> None:
    lines = shown(lambda console: show_rejected(console, REASONS))
    assert "event reason records" in lines
    assert 'geo latitude: expected [-90, 90], got "200" 1,200' in lines


@pytest.mark.parametrize(
    ("reasons", "more"),
    [(10, []), (11, ["and 1 more reason"]), (12, ["and 2 more reasons"])],
)
def test_ten_reasons_are_shown_and_the_others_counted(reasons: int, more: list[str]) -> None:
    rejected = pd.concat([REASONS, REASONS]).head(reasons)
    lines = shown(lambda console: show_rejected(console, rejected))
    assert len([line for line in lines if line.startswith("geo ")]) == 10
    assert [line for line in lines if "more" in line] == more


def test_nothing_rejected_shows_nothing() -> None:
    assert shown(lambda console: show_rejected(console, REASONS.head(0))) == []


def test_an_answer_has_headings_in_words_and_numbers_with_separators() -> None:
    answer = pd.DataFrame({"post_year": [2015], "number_users_joined": [1_400]})
    lines = shown(lambda console: show_answer(console, "How many?", answer))
    assert "year of joining users joined" in lines
    assert "2015 1,400" in lines


def test_a_name_is_no_markup() -> None:
    answer = pd.DataFrame({"country": ["[red]Chad[/]"], "follower_count": [5]})
    assert "[red]Chad[/] 5" in shown(lambda console: show_answer(console, "Where?", answer))
