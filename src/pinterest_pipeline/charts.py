"""Draws the answer to a question. Each title states the answer, ties included. Imports no Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pinterest_pipeline.chart_style import (
    ACCENT,
    INK,
    MUTED,
    WIDE,
    bars,
    clipped,
    colours,
    columns,
    compact,
    empty_figure,
    enumerated,
    figure,
    first_of,
    footnote,
    heading,
    height_of,
    joined,
    large_text,
    rest,
)

__all__ = ["Chart", "ChartedQuestion", "chart"]

_SHOWN = 15
"""Countries that a chart names; the table holds all of them."""
_TIED_SHOWN = 10
"""Tied countries that the chart of a single country names."""
_LOW = 3.6
"""Height in inches of a chart of few bars. Two such charts fit side by side."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Describes the chart of an answer table.

    Attributes:
        kind: `leaders` counts the groups that each category leads, beside the largest groups;
            `bars` and `columns` show one bar per group; `ranking` shows the largest values, and
            tied groups share a bar; `single_group` shows one group in large letters; `heat_map`
            shows two kinds of group, ages down and years across.
        group: Column of the groups. A heat map takes `age_group` and `post_year`.
        value: Column of the number to show. Rows without it are left out.
        group_name: The group in a title, in singular and plural.
        best: Words before the groups with the highest median in a title, such as `Joined in`.
        axis: Label of the horizontal axis.
        ties: Answer table with the groups that may tie with the single group.
    """

    kind: Literal["leaders", "bars", "columns", "ranking", "single_group", "heat_map"]
    group: str
    value: str
    group_name: tuple[str, str] = ("", "")
    best: str = ""
    axis: str = ""
    ties: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether the chart takes the whole width of a page."""
        return self.kind in {"leaders", "ranking", "heat_map"}


class ChartedQuestion(Protocol):
    """What a chart needs of a question: its answer table, its text, and the chart's description."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def chart(self) -> Chart: ...  # noqa: D102


def chart(question: ChartedQuestion, answers: Mapping[str, pd.DataFrame]) -> Figure:
    """Return the chart of one answer; without rows it says so.

    Medians tie where they look equal: rounded to three digits.

    Args:
        question: The question, such as one of `questions.QUESTIONS`.
        answers: The rows of each answer table by name. Countries that tie with the answer of
            `top_poster_country` are named only if `top_poster_by_country` is among them.
    """
    spec = question.chart
    rows = answers[question.name].dropna(subset=[spec.value])
    if rows.empty:
        return empty_figure(question.text)
    if spec.ties in answers:
        rows = _with_ties(rows, answers[spec.ties], spec)
    return _DRAW[spec.kind](question.text, rows, spec)


def _leaders(text: str, rows: pd.DataFrame, spec: Chart) -> Figure:
    led = _led(rows)
    top = rows.sort_values([spec.value, spec.group], ascending=[False, True]).head(_SHOWN)
    room = max(len(led), len(top))
    drawing = figure(_leader_title(rows, spec), text, height=height_of(room), width=WIDE)
    left, right = drawing.subplots(1, 2)
    heading(left, f"{spec.group_name[1].capitalize()} that a category leads")
    bars(left, list(led.index), list(led), [f"{n:,}" for n in led], colours(led.index), room=room)
    heading(right, "Posts of the leading category")
    counts = list(top[spec.value])
    labels = [f"{n:,} · {name}" for n, name in zip(counts, top["category"], strict=True)]
    bars(right, list(top[spec.group]), counts, labels, colours(top["category"]), room=room)
    footnote(right, rest(len(rows) - len(top)))
    return drawing


def _one_per_group(text: str, rows: pd.DataFrame, spec: Chart) -> Figure:
    rows = _in_order(rows, spec.group)
    drawing = figure(_TITLES[spec.value](rows, spec), text, height=_LOW)
    axes = drawing.subplots()
    is_bars = spec.kind == "bars"
    labels = _labels(rows, spec.value, separator=" · " if is_bars else "\n")
    draw = bars if is_bars else columns
    draw(axes, list(map(str, rows[spec.group])), list(rows[spec.value]), labels, _fill(rows))
    axes.set_xlabel(spec.axis, color=MUTED)
    return drawing


def _ranking(text: str, rows: pd.DataFrame, spec: Chart) -> Figure:
    rows = rows.sort_values([spec.value, spec.group], ascending=[False, True])
    tied = [group for _, group in rows.groupby(spec.value, sort=False)]
    first, followers = tied[0], compact(tied[0][spec.value].iloc[0])
    title = f"{len(first):,} {spec.group_name[1]} tie at {followers} followers"
    if len(first) == 1:
        poster, country = clipped(first["poster_name"].iloc[0]), first[spec.group].iloc[0]
        title = f"{poster} leads {country} with {followers} followers"
    shown = tied[:_SHOWN]
    drawing = figure(clipped(title, 80), text, height=height_of(len(shown)), width=WIDE)
    axes = drawing.subplots()
    heading(axes, f"Followers of the {spec.group_name[0]}'s most followed poster")
    counts = [group[spec.value].iloc[0] for group in shown]
    posters = [clipped(first_of(list(group["poster_name"]))) for group in shown]
    labels = [f"{compact(n)} · {poster}" for n, poster in zip(counts, posters, strict=True)]
    groups = [first_of(list(group[spec.group])) for group in shown]
    bars(axes, groups, counts, labels, [ACCENT] * len(shown))
    footnote(axes, rest(len(rows) - sum(map(len, shown))))
    return drawing


def _single_group(text: str, rows: pd.DataFrame, spec: Chart) -> Figure:
    name, *others = rows[spec.group]
    followers = compact(rows[spec.value].iloc[0])
    title = f"The most followed user has {followers} followers"
    if others:
        title = f"{len(rows):,} {spec.group_name[1]} have a user with {followers} followers"
    drawing = figure(title, text, height=_LOW)
    note = f"as have {enumerated(others, most=_TIED_SHOWN)}" if others else ""
    large_text(drawing, name, note)
    return drawing


def _heat_map(text: str, rows: pd.DataFrame, spec: Chart) -> Figure:
    drawing = figure(_highest_cell_title(rows, spec), text, height=_LOW, width=WIDE)
    groups = list(dict.fromkeys(_in_order(rows, "age_group")["age_group"]))
    years = sorted(set(rows["post_year"]))
    cells = rows.pivot_table(spec.value, "age_group", "post_year", observed=True)
    table = cells.reindex(index=groups, columns=years).to_numpy(dtype=float)
    axes = drawing.subplots()
    # The square root of the medians: otherwise one large cell leaves all others pale.
    axes.imshow(np.sqrt(table), cmap="Blues", aspect="auto", vmin=0, alpha=0.92)
    axes.set_xticks(range(len(years)), [str(year) for year in years], size=10.5, color=INK)
    axes.set_yticks(range(len(groups)), groups, size=10.5, color=INK, parse_math=False)
    axes.set_xlabel(spec.axis, color=MUTED)
    axes.set_ylabel("age", color=MUTED)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _write_cells(axes, table)
    return drawing


def _write_cells(axes: Axes, table: np.ndarray) -> None:
    for (row, column), median in np.ndenumerate(table):
        label = "none" if np.isnan(median) else compact(median)
        colour = "#ffffff" if median > 0.35 * np.nanmax(table) else "#10243f"
        axes.text(column, row, label, ha="center", va="center", size=12, color=colour)


_DRAW: Final[Mapping[str, Callable[[str, pd.DataFrame, Chart], Figure]]] = {
    "leaders": _leaders,
    "bars": _one_per_group,
    "columns": _one_per_group,
    "ranking": _ranking,
    "single_group": _single_group,
    "heat_map": _heat_map,
}


def _leader_title(rows: pd.DataFrame, spec: Chart) -> str:
    """Return which category leads most groups."""
    one, many = spec.group_name
    led = _led(rows)
    first = list(led.index[led == led.iloc[0]])
    if len(led) == 1:
        return f"{first[0]} leads in every {one}"
    if led.iloc[0] == 1:
        return f"Every {one} has a different top category"
    if len(first) > 1:
        return f"{joined(first)} lead in {led.iloc[0]} {many} each"
    return f"{first[0]} leads in {led.iloc[0]} of {len(rows):,} {many}"


def _median_title(rows: pd.DataFrame, spec: Chart) -> str:
    medians = [compact(median) for median in rows[spec.value]]
    highest = compact(rows[spec.value].max())
    if len(medians) > 1 and len(set(medians)) == 1:
        return f"The same median in every {spec.group_name[0]}: {highest}"
    best = [name for name, m in zip(rows[spec.group], medians, strict=True) if m == highest]
    return f"{spec.best} {joined(best)}: the highest median, {highest}"


def _joined_title(rows: pd.DataFrame, spec: Chart) -> str:
    counts = rows[spec.value]
    best = list(rows[spec.group][counts == counts.max()])
    users = f"{counts.sum():,} user{'' if counts.sum() == 1 else 's'} joined"
    if len(rows) == 1:
        return f"{users}, all in {best[0]}"
    if len(best) == len(rows):
        return f"{users}, as many each year"
    return f"{users}, the most in {joined(best)}"


def _highest_cell_title(rows: pd.DataFrame, spec: Chart) -> str:
    highest = compact(rows[spec.value].max())
    best = rows[[compact(median) == highest for median in rows[spec.value]]]
    if len(best) == len(rows) > 1:
        return f"The same median everywhere: {highest}"
    if len(best) > 1:
        return f"Highest median {highest}: {len(best)} groups tie"
    group, year = best["age_group"].iloc[0], best["post_year"].iloc[0]
    return f"Highest median {highest}: age {group}, joined in {year}"


_TITLES: Final[Mapping[str, Callable[[pd.DataFrame, Chart], str]]] = {
    "category_count": _leader_title,
    "median_follower_count": _median_title,
    "number_users_joined": _joined_title,
}


def _with_ties(rows: pd.DataFrame, candidates: pd.DataFrame, spec: Chart) -> pd.DataFrame:
    """Return the row of the single group, then those that tie with it, by name."""
    same_value = candidates[spec.value] == rows[spec.value].iloc[0]
    other = candidates[spec.group] != rows[spec.group].iloc[0]
    tied: pd.DataFrame = candidates[same_value & other].sort_values(spec.group)
    return pd.concat([rows, tied])


def _led(rows: pd.DataFrame) -> pd.Series:
    """Return how many rows each category leads: the most first, equals by name."""
    counts = rows["category"].value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable")


def _in_order(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return the rows by year or by age group, of which `+50` is the last."""
    order = rows[group].astype(str).str.replace("+", "~").sort_values(kind="stable")
    ordered: pd.DataFrame = rows.loc[order.index]
    return ordered


def _labels(rows: pd.DataFrame, value: str, *, separator: str) -> list[str]:
    if value == "category_count":
        posts = [f"{n:,} post{'' if n == 1 else 's'}" for n in rows[value]]
        return [f"{name}{separator}{n}" for name, n in zip(rows["category"], posts, strict=True)]
    return [compact(n) if value == "median_follower_count" else f"{n:,}" for n in rows[value]]


def _fill(rows: pd.DataFrame) -> list[str]:
    """Return the colour of each bar: that of its category, where there is one."""
    return colours(rows["category"]) if "category" in rows else [ACCENT] * len(rows)
