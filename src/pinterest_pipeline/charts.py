"""One chart per question: what the answer says, at a glance.

Each function takes the rows of an answer table, as pandas, and returns a figure. Titles are made
from the rows: they state the answer. An answer without rows gives a chart that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pinterest_pipeline.drawing import (
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
_LOW = 3.6
"""Height in inches of a chart of few bars, so that two stand well beside each other."""
_WIDE = 10.4
"""Width in inches of a chart of many bars."""

QUESTIONS: Final[Mapping[str, str]] = {
    "top_category_by_country": "What is the most popular category in each country?",
    "top_category_by_year": "What was the most popular category each year?",
    "top_poster_by_country": "Who has the most followers in each country?",
    "top_poster_country": "Which country is home to the user with the most followers?",
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
    drawn = figure(_leaders(answer, "country", "countries"), question, height=6.6, width=_WIDE)
    left, right = drawn.subplots(1, 2)
    heading(left, "Countries that a category leads")
    bars(left, list(led.index), list(led), [f"{n:,}" for n in led], _colours(led.index))
    top = _largest(answer, "category_count")
    heading(right, "Posts of the leading category")
    labels = [
        f"{n:,} · {name}" for n, name in zip(top["category_count"], top["category"], strict=True)
    ]
    bars(
        right, list(top["country"]), list(top["category_count"]), labels, _colours(top["category"])
    )
    footnote(right, _rest(answer))
    return drawn


def top_category_by_year(answer: pd.DataFrame) -> Figure:
    """Return one column per year: its leading category and that category's posts."""
    question = QUESTIONS["top_category_by_year"]
    if answer.empty:
        return empty_figure(question)
    rows = answer.sort_values("post_year")
    drawn = figure(_leaders(rows, "year", "years"), question, height=_LOW)
    counts = list(rows["category_count"])
    labels = [f"{name}\n{n:,} posts" for name, n in zip(rows["category"], counts, strict=True)]
    columns(drawn.subplots(), _texts(rows["post_year"]), counts, labels, _colours(rows["category"]))
    return drawn


def top_poster_by_country(answer: pd.DataFrame) -> Figure:
    """Return the countries whose most followed poster has the most followers."""
    question = QUESTIONS["top_poster_by_country"]
    if answer.empty:
        return empty_figure(question)
    top = _largest(answer, "follower_count")
    first = top.iloc[0]
    followers = compact(first["follower_count"])
    title = f"{clipped(first['poster_name'])} leads {first['country']} with {followers} followers"
    drawn = figure(clipped(title, 80), question, height=6.6, width=_WIDE)
    axes = drawn.subplots()
    heading(axes, "Followers of the country's most followed poster")
    labels = [
        f"{compact(n)} · {clipped(name)}"
        for n, name in zip(top["follower_count"], top["poster_name"], strict=True)
    ]
    bars(axes, list(top["country"]), list(top["follower_count"]), labels, [ACCENT] * len(top))
    footnote(axes, _rest(answer))
    return drawn


def top_poster_country(answer: pd.DataFrame) -> Figure:
    """Return the one country and the follower count, in large."""
    question = QUESTIONS["top_poster_country"]
    if answer.empty:
        return empty_figure(question)
    country, followers = answer["country"].iloc[0], compact(answer["follower_count"].iloc[0])
    drawn = figure(f"The most followed user has {followers} followers", question, height=_LOW)
    name = clipped(country, 48)
    size = min(30.0, 600 / len(name))
    drawn.text(
        0.018, 0.42, name, size=size, weight="bold", color=ACCENT, va="center", parse_math=False
    )
    return drawn


def top_category_by_age_group(answer: pd.DataFrame) -> Figure:
    """Return one bar per age group, youngest first: its leading category, with its posts."""
    question = QUESTIONS["top_category_by_age_group"]
    if answer.empty:
        return empty_figure(question)
    rows = _youngest_first(answer)
    drawn = figure(_leaders(rows, "age group", "age groups"), question, height=_LOW)
    counts = list(rows["category_count"])
    labels = [f"{name} · {n:,} posts" for name, n in zip(rows["category"], counts, strict=True)]
    bars(drawn.subplots(), _texts(rows["age_group"]), counts, labels, _colours(rows["category"]))
    return drawn


def median_followers_by_age_group(answer: pd.DataFrame) -> Figure:
    """Return one bar per age group, youngest first."""
    question = QUESTIONS["median_followers_by_age_group"]
    rows = _youngest_first(answer.dropna(subset=["median_follower_count"]))
    if rows.empty:
        return empty_figure(question)
    medians = list(rows["median_follower_count"])
    best = rows["age_group"].iloc[medians.index(max(medians))]
    title = f"Aged {best}: the highest median, {compact(max(medians))}"
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
    best = rows["post_year"].iloc[joined.index(max(joined))]
    title = f"{sum(joined):,} users joined, the most in {best}"
    drawn = figure(title, question, height=_LOW)
    labels = [f"{n:,}" for n in joined]
    columns(drawn.subplots(), _texts(rows["post_year"]), joined, labels, [ACCENT] * len(rows))
    return drawn


def median_followers_by_join_year(answer: pd.DataFrame) -> Figure:
    """Return one column per year of joining."""
    question = QUESTIONS["median_followers_by_join_year"]
    rows = answer.dropna(subset=["median_follower_count"]).sort_values("post_year")
    if rows.empty:
        return empty_figure(question)
    medians = list(rows["median_follower_count"])
    best = rows["post_year"].iloc[medians.index(max(medians))]
    title = f"Joined in {best}: the highest median, {compact(max(medians))}"
    drawn = figure(title, question, height=_LOW)
    columns(
        drawn.subplots(), _texts(rows["post_year"]), medians, _counts(medians), [ACCENT] * len(rows)
    )
    return drawn


def median_followers_by_join_year_and_age_group(answer: pd.DataFrame) -> Figure:
    """Return a heat map: age groups down, years of joining across, the median in each cell."""
    question = QUESTIONS["median_followers_by_join_year_and_age_group"]
    rows = answer.dropna(subset=["median_follower_count"])
    if rows.empty:
        return empty_figure(question)
    best = rows.sort_values("median_follower_count", ascending=False, kind="stable").iloc[0]
    highest = compact(best["median_follower_count"])
    title = f"Highest median {highest}: age {best['age_group']}, joined in {best['post_year']}"
    drawn = figure(title, question, height=_LOW)
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
    axes.set_xlabel("joined in", color=MUTED)
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


def _largest(answer: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows that a chart names; among equals the alphabetically first."""
    return answer.sort_values([column, "country"], ascending=[False, True]).head(_SHOWN)


def _rest(answer: pd.DataFrame) -> str:
    more = len(answer) - _SHOWN
    return f"and {more:,} more countries" if more > 0 else ""


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
        return f"{', '.join(first[:-1])} and {first[-1]} lead in {led.iloc[0]} {many} each"
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
