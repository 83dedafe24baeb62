"""Writes the report of a demo: one page that needs no network."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from emulation.source_url import readable_url
from local.demo.comparison import Changes, Comparison
from local.demo.reconciliation import Account, total_account
from pinterest_pipeline.chart_style import svg
from pinterest_pipeline.charts import chart
from pinterest_pipeline.questions import QUESTIONS, Question

__all__ = ["DemoResult", "format_value", "headings", "write_report"]

_REASONS_SHOWN = 10
_HEADINGS = {"category_count": "posts", "number_users_joined": "users joined"}


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


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """The result of a demo.

    Attributes:
        batch: The accounts of the batch pipeline, one per event.
        stream: The accounts of the streaming pipeline, one per event.
        comparison: How the tables of the pipelines compare.
        changes: Changes of this run in the clean tables, by pipeline.
        rejected: `event, reason, records` of the batch pipeline, most records first.
        answers: Rows of each answer table of the batch pipeline, by its name.
    """

    batch: Sequence[Account]
    stream: Sequence[Account]
    comparison: Comparison
    changes: Mapping[str, Changes]
    rejected: pd.DataFrame
    answers: Mapping[str, pd.DataFrame]

    @property
    def adds_up(self) -> bool:
        """Whether no record is lost in either pipeline."""
        return all(account.adds_up for account in (*self.batch, *self.stream))


def write_report(
    path: Path,
    result: DemoResult,
    *,
    notebooks: Mapping[str, Path],
    seconds: Mapping[str, float],
    source: str | None,
    workspace_url: str,
) -> None:
    """Write the report to `path`.

    Args:
        path: The page to write.
        result: The result of the demo.
        notebooks: Pages of the executed notebooks by title; linked relative to the report.
        seconds: Duration of each step by title, in order.
        source: SQLAlchemy URL of the rows, shown without its password. None means synthetic rows.
        workspace_url: Address of the local workspace, whose pages the report links.
    """
    page = _template().render(
        result=result,
        batch_total=total_account(result.batch),
        stream_total=total_account(result.stream),
        answers=_answers(result.answers),
        reasons=list(result.rejected.itertuples(index=False, name=None)),
        reasons_shown=_REASONS_SHOWN,
        notebooks={title: _relative(page, path) for title, page in notebooks.items()},
        steps=_steps(seconds),
        total_seconds=sum(seconds.values()),
        records=_records(result.batch, source),
        workspace_url=workspace_url,
        written_at=dt.datetime.now(dt.UTC),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)


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


def _records(accounts: Sequence[Account], source: str | None) -> str:
    """Return how many posts the source has; rows, unless each post has its three records."""
    rows = [account.counts["rows in source"] for account in accounts]
    origin = "" if source is None else f" from {readable_url(source)}"
    kind = "synthetic " if source is None else ""
    if rows == rows[:1] * 3:
        return f"{rows[0]:,} {kind}posts{origin}, three records each"
    return f"{sum(rows):,} {kind}rows{origin}"


def _answers(answers: Mapping[str, pd.DataFrame]) -> list[_Answer]:
    """Return the answers in the order of the questions, each with its chart."""
    return [_answer(question, answers) for question in QUESTIONS if question.name in answers]


def _answer(question: Question, answers: Mapping[str, pd.DataFrame]) -> _Answer:
    rows = answers[question.name]
    # The chart is SVG that escapes the data's text itself.
    drawing = Markup(svg(chart(question, answers)))  # noqa: S704  # see above
    names = list(rows.columns)
    texts = [
        [format_value(column, value) for column, value in zip(names, row, strict=True)]
        for row in rows.itertuples(index=False, name=None)
    ]
    return _Answer(question.name, drawing, headings(names), texts, question.chart.is_wide)


def headings(columns: Sequence[str]) -> list[str]:
    """Return the headings of an answer's columns, whose own names are for SQL."""
    # Beside a category, the year is that of the posts. Elsewhere it is the year of joining.
    year = {"post_year": "year of the post" if "category" in columns else "year of joining"}
    names = _HEADINGS | year
    return [names.get(column, column.replace("_", " ")) for column in columns]


def format_value(column: str, value: object) -> str:
    """Return a value as text: numbers with separators, except years; `unknown` for null."""
    if isinstance(value, str):
        return value
    if pd.isna(value):  # type: ignore[call-overload]  # a cell holds one value
        return "unknown"
    if column == "post_year" or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.1f}".removesuffix(".0")


def _steps(seconds: Mapping[str, float]) -> list[_Step]:
    longest = max(seconds.values(), default=1.0) or 1.0
    return [_Step(title, taken, 100 * taken / longest) for title, taken in seconds.items()]


def _relative(page: Path, report: Path) -> str:
    return Path(os.path.relpath(page.resolve(), report.resolve().parent)).as_posix()


def _duration(seconds: float) -> str:
    """Return a duration as text: 8.4 s, 3 min 20 s."""
    if seconds < 60:  # a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
