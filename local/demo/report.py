"""The report of a demo: one page that opens without a network."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from emulation.source import readable_url
from local.demo.comparison import Halves
from local.demo.reconciliation import Account, StreamAccount
from local.demo.words import headings, written
from pinterest_pipeline.chart_style import svg
from pinterest_pipeline.charts import CHARTS, top_poster_country

__all__ = ["write_report"]

_WIDE = frozenset({
    "top_category_by_country",
    "top_poster_by_country",
    "median_followers_by_join_year_and_age_group",
})
_REASONS_SHOWN = 10


class _Answer(NamedTuple):
    name: str
    chart: Markup
    columns: list[str]
    rows: list[list[str]]
    is_wide: bool


class _Step(NamedTuple):
    title: str
    seconds: float
    percent: float
    """Of the longest step."""


def write_report(
    path: Path,
    accounts: Sequence[Account],
    stream_accounts: Sequence[StreamAccount],
    halves: Halves,
    *,
    answers: Mapping[str, pd.DataFrame],
    notebooks: Mapping[str, Path],
    seconds: Mapping[str, float],
    source: str | None,
    rejected: pd.DataFrame | None = None,
) -> Path:
    """Return the path of the report, once it is written.

    Args:
        path: The page to write.
        accounts: Where every record of the batch half is, one account per event.
        stream_accounts: The same of the streaming half.
        halves: How the tables of the two compare.
        answers: Rows of each answer table by its name.
        notebooks: Pages of the executed notebooks by title; linked relative to the report.
        seconds: Duration of each step by title, in order.
        source: SQLAlchemy URL of the rows, shown without its password; null for synthetic ones.
        rejected: `event, reason, records`, most records first; null tells nothing of them.
    """
    every: list[Account | StreamAccount] = [*accounts, *stream_accounts]
    page = _template().render(
        accounts=accounts,
        total=_total(Account, accounts),
        stream_accounts=stream_accounts,
        stream_total=_total(StreamAccount, stream_accounts),
        halves=halves,
        adds_up=all(account.adds_up for account in every),
        answers=[_answer(name, answers) for name in CHARTS if name in answers],
        reasons=[] if rejected is None else list(rejected.itertuples(index=False, name=None)),
        reasons_shown=_REASONS_SHOWN,
        notebooks={title: _relative(page, path) for title, page in notebooks.items()},
        steps=_steps(seconds),
        total_seconds=sum(seconds.values()),
        records=_records(accounts, source),
        written_at=dt.datetime.now(dt.UTC),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    return path


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = _duration
    return environment.get_template("report.html.jinja")


def _total[T: (Account, StreamAccount)](kind: type[T], accounts: Sequence[T]) -> T:
    names = [field.name for field in fields(kind) if field.name != "event"]
    sums = {name: sum(getattr(account, name) for account in accounts) for name in names}
    return kind(event="all", **sums)


def _records(accounts: Sequence[Account], source: str | None) -> str:
    """Return what came from the source: posts, if each has its three records; else rows."""
    rows = [account.rows_in_source for account in accounts]
    origin = "" if source is None else f" from {readable_url(source)}"
    kind = "synthetic " if source is None else ""
    if rows == rows[:1] * 3:
        return f"{rows[0]:,} {kind}posts{origin}, three records each"
    return f"{sum(rows):,} {kind}rows{origin}"


def _answer(name: str, answers: Mapping[str, pd.DataFrame]) -> _Answer:
    rows = answers[name]
    draw = CHARTS[name]
    if draw is top_poster_country:  # one row cannot tell who ties with it
        draw = partial(top_poster_country, by_country=answers.get("top_poster_by_country"))
    # The chart is SVG that escapes the data's text itself.
    chart = Markup(svg(draw(rows)))  # noqa: S704  # see above
    names = list(rows.columns)
    texts = [
        [written(column, value) for column, value in zip(names, row, strict=True)]
        for row in rows.itertuples(index=False, name=None)
    ]
    return _Answer(name, chart, headings(names), texts, name in _WIDE)


def _steps(seconds: Mapping[str, float]) -> list[_Step]:
    longest = max(seconds.values(), default=1.0) or 1.0
    return [_Step(title, taken, 100 * taken / longest) for title, taken in seconds.items()]


def _relative(page: Path, report: Path) -> str:
    return Path(os.path.relpath(page.resolve(), report.resolve().parent)).as_posix()


def _duration(seconds: float) -> str:
    """Return a duration as people say it: 8.4 s, 3 min 20 s."""
    if seconds < 60:  # a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
