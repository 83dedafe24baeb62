"""One chart per question: what the answer says, at a glance.

Each function takes the rows of an answer table, as pandas, and returns a figure. Titles are made
from the rows: they state the answer, and where several tie for it they say so. An answer without
rows gives a chart that says so. Medians tie where they are shown alike: to three digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pinterest_pipeline.chart_style import (
    ACCENT,
    INK,
    MUTED,
    bars,
    clipped,
    colour_of,
    columns,
    compact,
    empty_figure,
    figure,
    footnote,
    heading,
    height_of,
)

__all__ = [
    "CHARTS",
    "QUESTIONS",
    "median_followers_by_age_group",
    "median_followers_by_join_year",
    "median_followers_by_join_year_and_age_group",
    "top_category_by_age_group",
    "top_category_by_country",
    "top_category_by_year",
    "top_poster_by_country",
    "top_poster_country",
    "users_joined_by_year",
]

_SHOWN = 15
"""Countries that a chart names; the table holds all of them."""
_TIED_SHOWN = 10
"""Countries that the chart of one country names beside it."""
_LOW = 3.6
"""Height in inches of a chart of few bars, so that two stand well beside each other."""
_WIDE = 10.4
"""Width in inches of a chart of many bars."""

QUESTIONS: Final[Mapping[str, str]] = {
    "top_category_by_country": "What is the most popular category in each country?",
    "top_category_by_year": "What was the most popular category each year?",
    "top_poster_by_country": "Who has the most followers in each country?",
    "top_poster_country": "Which country has the most followed user? Of equals, the first by name.",
    "top_category_by_age_group": "What is the most popular category in each age group?",
    "median_followers_by_age_group": "What is the median follower count in each age group?",
    "users_joined_by_year": "How many users joined each year?",
    "median_followers_by_join_year": "What is the median follower count by year of joining?",
    "median_followers_by_join_year_and_age_group": (
        "What is the median follower count by year of joining and age group?"
    ),
}
"""The question behind each answer table, in order."""


def top_category_by_country(answer: pd.DataFrame) -> Figure:
    """Return how many countries each category leads, and the top countries with their leader."""
    question = QUESTIONS["top_category_by_country"]
    if answer.empty:
        return empty_figure(question)
    led = _led(answer)
    top = answer.sort_values(["category_count", "country"], ascending=[False, True]).head(_SHOWN)
    room = max(len(led), len(top))
    title = _leaders(answer, "country", "countries")
    drawn = figure(title, question, height=height_of(room), width=_WIDE)
    left, right = drawn.subplots(1, 2)
    heading(left, "Countries that a category leads")
    bars(left, list(led.index), list(led), [f"{n:,}" for n in led], _colours(led.index), room=room)
    heading(right, "Posts of the leading category")
    labels = [
        f"{n:,} · {name}" for n, name in zip(top["category_count"], top["category"], strict=True)
    ]
    counts = list(top["category_count"])
    bars(right, list(top["country"]), counts, labels, _colours(top["category"]), room=room)
    footnote(right, _rest(len(answer) - len(top)))
    return drawn


def top_category_by_year(answer: pd.DataFrame) -> Figure:
    """Return one column per year: its leading category and that category's posts."""
    question = QUESTIONS["top_category_by_year"]
    if answer.empty:
        return empty_figure(question)
    rows = answer.sort_values("post_year")
    drawn = figure(_leaders(rows, "year", "years"), question, height=_LOW)
    counts = list(rows["category_count"])
    labels = [f"{name}\n{_posts(n)}" for name, n in zip(rows["category"], counts, strict=True)]
    columns(drawn.subplots(), _texts(rows["post_year"]), counts, labels, _colours(rows["category"]))
    return drawn


def top_poster_by_country(answer: pd.DataFrame) -> Figure:
    """Return the largest follower counts, each with the countries and the posters that have it."""
    question = QUESTIONS["top_poster_by_country"]
    if answer.empty:
        return empty_figure(question)
    tied = _by_followers(answer)
    first, followers = tied[0], compact(tied[0]["follower_count"].iloc[0])
    title = f"{len(first):,} countries tie at {followers} followers"
    if len(first) == 1:
        poster, country = clipped(first["poster_name"].iloc[0]), first["country"].iloc[0]
        title = f"{poster} leads {country} with {followers} followers"
    shown = tied[:_SHOWN]
    drawn = figure(clipped(title, 80), question, height=height_of(len(shown)), width=_WIDE)
    axes = drawn.subplots()
    heading(axes, "Followers of the country's most followed poster")
    counts = [rows["follower_count"].iloc[0] for rows in shown]
    labels = [
        f"{compact(n)} · {clipped(_first_of(rows['poster_name']))}"
        for n, rows in zip(counts, shown, strict=True)
    ]
    countries = [_first_of(rows["country"]) for rows in shown]
    bars(axes, countries, counts, labels, [ACCENT] * len(shown))
    footnote(axes, _rest(len(answer) - sum(len(rows) for rows in shown)))
    return drawn


def top_poster_country(answer: pd.DataFrame, by_country: pd.DataFrame | None = None) -> Figure:
    """Return the one country and the follower count, in large.

    Args:
        answer: The one row.
        by_country: The answer `top_poster_by_country`, which knows the countries that tie with it.
    """
    question = QUESTIONS["top_poster_country"]
    if answer.empty:
        return empty_figure(question)
    country, followers = answer["country"].iloc[0], compact(answer["follower_count"].iloc[0])
    others = [] if by_country is None else _tied_with(country, by_country)
    title = f"The most followed user has {followers} followers"
    if others:
        title = f"{1 + len(others):,} countries have a user with {followers} followers"
    drawn = figure(title, question, height=_LOW)
    name = clipped(country, 48)
    size = min(30.0, 600 / len(name))
    drawn.text(
        0.018, 0.45, name, size=size, weight="bold", color=ACCENT, va="center", parse_math=False
    )
    if others:
        drawn.text(
            0.018, 0.3, _as_have(others), size=10.5, color=INK, va="top", parse_math=False,
            linespacing=1.4,
        )  # fmt: skip
    return drawn


def top_category_by_age_group(answer: pd.DataFrame) -> Figure:
    """Return one bar per age group, youngest first: its leading category, with its posts."""
    question = QUESTIONS["top_category_by_age_group"]
    if answer.empty:
        return empty_figure(question)
    rows = _youngest_first(answer)
    drawn = figure(_leaders(rows, "age group", "age groups"), question, height=_LOW)
    counts = list(rows["category_count"])
    labels = [f"{name} · {_posts(n)}" for name, n in zip(rows["category"], counts, strict=True)]
    bars(drawn.subplots(), _texts(rows["age_group"]), counts, labels, _colours(rows["category"]))
    return drawn


def median_followers_by_age_group(answer: pd.DataFrame) -> Figure:
    """Return one bar per age group, youngest first."""
    question = QUESTIONS["median_followers_by_age_group"]
    rows = _youngest_first(answer.dropna(subset=["median_follower_count"]))
    if rows.empty:
        return empty_figure(question)
    medians = list(rows["median_follower_count"])
    best = _best(rows["age_group"], medians)
    title = f"Aged {best}: the highest median, {compact(max(medians))}"
    if _are_alike(medians):
        title = f"The same median in every age group: {compact(max(medians))}"
    drawn = figure(title, question, height=_LOW)
    bars(
        drawn.subplots(), _texts(rows["age_group"]), medians, _counts(medians), [ACCENT] * len(rows)
    )
    return drawn


def users_joined_by_year(answer: pd.DataFrame) -> Figure:
    """Return one column per year."""
    question = QUESTIONS["users_joined_by_year"]
    if answer.empty:
        return empty_figure(question)
    rows = answer.sort_values("post_year")
    joined = list(rows["number_users_joined"])
    labels = [f"{n:,}" for n in joined]
    best = [year for year, n in zip(rows["post_year"], joined, strict=True) if n == max(joined)]
    most = "as many each year" if len(best) == len(rows) > 1 else f"the most in {_and(best)}"
    if len(rows) == 1:
        most = f"all in {best[0]}"
    users = f"{sum(joined):,} user{'' if sum(joined) == 1 else 's'}"
    drawn = figure(f"{users} joined, {most}", question, height=_LOW)
    axes = drawn.subplots()
    columns(axes, _texts(rows["post_year"]), joined, labels, [ACCENT] * len(rows))
    _name_years(axes)
    return drawn


def median_followers_by_join_year(answer: pd.DataFrame) -> Figure:
    """Return one column per year of joining."""
    question = QUESTIONS["median_followers_by_join_year"]
    rows = answer.dropna(subset=["median_follower_count"]).sort_values("post_year")
    if rows.empty:
        return empty_figure(question)
    medians = list(rows["median_follower_count"])
    best = _best(rows["post_year"], medians)
    title = f"Joined in {best}: the highest median, {compact(max(medians))}"
    if _are_alike(medians):
        title = f"The same median in every year of joining: {compact(max(medians))}"
    drawn = figure(title, question, height=_LOW)
    axes = drawn.subplots()
    columns(axes, _texts(rows["post_year"]), medians, _counts(medians), [ACCENT] * len(rows))
    _name_years(axes)
    return drawn


def median_followers_by_join_year_and_age_group(answer: pd.DataFrame) -> Figure:
    """Return a heat map: age groups down, years of joining across, the median in each cell."""
    question = QUESTIONS["median_followers_by_join_year_and_age_group"]
    rows = answer.dropna(subset=["median_follower_count"])
    if rows.empty:
        return empty_figure(question)
    medians = list(rows["median_follower_count"])
    highest = compact(max(medians))
    title = f"The same median everywhere: {highest}"
    if not _are_alike(medians):
        best = rows[[compact(median) == highest for median in medians]]
        title = f"Highest median {highest}: {len(best)} groups tie"
        if len(best) == 1:
            group, year = best["age_group"].iloc[0], best["post_year"].iloc[0]
            title = f"Highest median {highest}: age {group}, joined in {year}"
    drawn = figure(title, question, height=_LOW, width=_WIDE)
    _heat_map(drawn, rows)
    return drawn


def _heat_map(drawn: Figure, rows: pd.DataFrame) -> None:
    groups = list(dict.fromkeys(_youngest_first(rows)["age_group"]))
    years = sorted(set(rows["post_year"]))
    medians = rows.pivot_table("median_follower_count", "age_group", "post_year", observed=True)
    table = medians.reindex(index=groups, columns=years).to_numpy(dtype=float)
    axes = drawn.subplots()
    # From the square root of the medians: one large cell would leave all others pale.
    axes.imshow(np.sqrt(table), cmap="Blues", aspect="auto", vmin=0, alpha=0.92)
    axes.set_xticks(range(len(years)), [str(year) for year in years], size=10.5, color=INK)
    axes.set_yticks(range(len(groups)), groups, size=10.5, color=INK, parse_math=False)
    _name_years(axes)
    axes.set_ylabel("age", color=MUTED)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for (row, column), median in np.ndenumerate(table):
        text = "none" if np.isnan(median) else compact(median)
        colour = "#ffffff" if median > 0.35 * np.nanmax(table) else "#10243f"
        axes.text(column, row, text, ha="center", va="center", size=12, color=colour)


CHARTS: Final[Mapping[str, Callable[[pd.DataFrame], Figure]]] = {
    "top_category_by_country": top_category_by_country,
    "top_category_by_year": top_category_by_year,
    "top_poster_by_country": top_poster_by_country,
    "top_poster_country": top_poster_country,
    "top_category_by_age_group": top_category_by_age_group,
    "median_followers_by_age_group": median_followers_by_age_group,
    "users_joined_by_year": users_joined_by_year,
    "median_followers_by_join_year": median_followers_by_join_year,
    "median_followers_by_join_year_and_age_group": median_followers_by_join_year_and_age_group,
}
"""The chart of each answer table, in the order of the questions."""


def _by_followers(answer: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows that tie, the largest count first; in each the countries by name."""
    rows = answer.sort_values(["follower_count", "country"], ascending=[False, True])
    return [tied for _, tied in rows.groupby("follower_count", sort=False)]


def _tied_with(country: str, by_country: pd.DataFrame) -> list[str]:
    first = list(_by_followers(by_country)[0]["country"]) if len(by_country) else []
    return [other for other in first if other != country]


def _as_have(others: Sequence[str]) -> str:
    """Return which other countries there are, in a few short lines."""
    named = ", ".join(clipped(other, 20) for other in others[:_TIED_SHOWN])
    more = len(others) - _TIED_SHOWN
    return fill(f"as have {named}" + (f" and {more:,} more" if more > 0 else ""), 66)


def _first_of(names: pd.Series) -> str:
    """Return the first of some names, and how many others there are."""
    others = names.nunique() - 1
    return f"{clipped(names.iloc[0], 22)} and {others:,} more" if others else names.iloc[0]


def _rest(more: int) -> str:
    return f"and {more:,} more countries" if more > 0 else ""


def _best(names: pd.Series, counts: Sequence[float]) -> str:
    """Return who has the largest count."""
    largest = compact(max(counts))
    return _and([n for n, count in zip(names, counts, strict=True) if compact(count) == largest])


def _are_alike(counts: Sequence[float]) -> bool:
    return len(counts) > 1 and len({compact(count) for count in counts}) == 1


def _and(names: Sequence[object]) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def _posts(count: int) -> str:
    return f"{count:,} post{'' if count == 1 else 's'}"


def _name_years(axes: Axes) -> None:
    axes.set_xlabel("year of joining", color=MUTED)


def _led(rows: pd.DataFrame) -> pd.Series:
    """Return how many rows each category leads: the most first, equals by name."""
    counts = rows["category"].value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable")


def _leaders(rows: pd.DataFrame, one: str, many: str) -> str:
    """Return the finding: which category leads most of the countries, years, or age groups."""
    led = _led(rows)
    first = list(led.index[led == led.iloc[0]])
    if len(led) == 1:
        return f"{first[0]} leads in every {one}"
    if led.iloc[0] == 1:
        return f"Every {one} has a favourite of its own"
    if len(first) > 1:
        return f"{_and(first)} lead in {led.iloc[0]} {many} each"
    return f"{first[0]} leads in {led.iloc[0]} of {len(rows):,} {many}"


def _youngest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of the age groups: `+50` is the last."""
    return rows.sort_values(
        "age_group", key=lambda groups: groups.str.replace("+", "~"), kind="stable"
    )


def _colours(categories: pd.Series | pd.Index) -> list[str]:
    return [colour_of(category) for category in categories]


def _texts(values: pd.Series) -> list[str]:
    return [str(value) for value in values]


def _counts(values: list[float]) -> list[str]:
    return [compact(value) for value in values]
