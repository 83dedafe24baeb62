"""The report says where every record is, and is complete in itself."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from local.demo.comparison import Comparison, TableDifference
from local.demo.report import DemoResult, format_value, headings, write_report
from tests.support.accounts import LANDED, STREAMED, changed

RESULT = DemoResult(
    batch=[LANDED],
    stream=[STREAMED],
    comparison=Comparison([]),
    changes={},
    rejected=pd.DataFrame(columns=["event", "reason", "records"]),
    answers={
        "users_joined_by_year": pd.DataFrame({"post_year": [2015], "number_users_joined": [42]}),
        "top_poster_country": pd.DataFrame({
            "country": ["<script>alert(1)</script>"],
            "follower_count": [5],
        }),
    },
)


def report(folder: Path, result: DemoResult = RESULT, source: str | None = "sqlite:///a.db") -> str:
    path = folder / "report" / "index.html"
    write_report(
        path,
        result,
        notebooks={"Clean the landing": folder / "runs" / "clean landing.html"},
        seconds={"Post": 8.44, "Clean": 200.0},
        source=source,
        workspace_url="http://127.0.0.1:9",
    )
    return path.read_text()


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_report_without_loss_or_difference(tmp_path: Path) -> None:
    page = report(tmp_path)
    shown = words(page)
    assert "✓ Every record is accounted for" in shown
    assert "✓ The two pipelines are equal , row by row" in shown
    assert "Rejected records" not in shown
    assert all(text in shown for text in ("Post 8.4 s", "Clean 3 min 20 s", "3 min 28 s"))
    assert 'href="../runs/clean%20landing.html"' in page
    assert 'href="http://127.0.0.1:9/tables"' in page
    assert "<script>" not in page  # a country of the data has this name


def test_it_loads_nothing_from_a_network(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert re.findall(r"""(?:src=["']|url\()(?:https?:)?//[^"']*""", page) == []
    addresses = re.findall(r"""href=["'](?:https?:)?//[^"']*""", page)
    assert {address.partition("//")[2].partition("/")[0] for address in addresses} == {
        "127.0.0.1:9"
    }
    assert "<link" not in page


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"batch": [LANDED, changed(LANDED, {"landed": 198}, event="geo")]},
            ["✗ The records do not add up", "geo 100 99 1 99 200 1 198 98 99 2 ✗"],
        ),
        (
            {"stream": [changed(STREAMED, {"clean": 97})]},
            ["✗ The records do not add up", "pin 100 99 1 100 201 97 100 3 ✗"],
        ),
        (
            {"batch": [LANDED, changed(LANDED, {}, event="geo")]},
            ["pin 100 99 1 99 200 1 199 98 99 2 ✓", "all 200 198 2 198 400 2 398 196 198 4 ✓"],
        ),
        (
            {"comparison": Comparison([TableDifference("geo", 1, 2_000, [4, 5])])},
            [
                "✗ The two pipelines differ",
                "geo: 1 rows in batch only, 2,000 in streaming only; first posts: 4, 5",
            ],
        ),
    ],
    ids=["lost in batch", "lost in streaming", "total of two events", "different pipelines"],
)
def test_it_shows_losses_totals_and_differences(
    tmp_path: Path, change: dict[str, Any], expected: list[str]
) -> None:
    shown = words(report(tmp_path, replace(RESULT, **change)))
    assert [text for text in expected if text not in shown] == []


@pytest.mark.parametrize(
    ("source", "rows", "shown"),
    [
        (None, [100], "100 synthetic rows"),
        (
            "mysql+pymysql://ann:s%40cret@host/posts",
            [100],
            "100 rows from mysql+pymysql://ann:***@",
        ),
        (None, [100, 100, 100], "100 synthetic posts, three records each ·"),
        ("sqlite:///a.db", [100, 100, 100], "100 posts from sqlite:///a.db, three records each ·"),
        ("sqlite:///a.db", [100, 100, 99], "299 rows from sqlite:///a.db"),
    ],
)
def test_it_names_the_source_without_its_password(
    tmp_path: Path, source: str | None, rows: list[int], shown: str
) -> None:
    accounts = [changed(LANDED, {"rows in source": count}) for count in rows]
    page = report(tmp_path, replace(RESULT, batch=accounts), source)
    assert shown in words(page)
    assert "cret" not in page.replace("secret", "")


def test_answers_come_in_the_order_of_the_questions_with_chart_and_table(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert re.findall(r'<article [^>]*id="(\w+)"', page) == [
        "top_poster_country",
        "users_joined_by_year",
    ]
    assert "42 users joined, all in 2015" in words(page)
    assert "year of joining users joined 2015 42" in words(page)


def test_it_shows_why_records_were_rejected(tmp_path: Path) -> None:
    reasons = pd.DataFrame({
        "event": ["geo"] * 11 + ["pin"],
        "reason": [f'latitude: expected <= 90, got "{200 + n}"' for n in range(11)] + ["not JSON"],
        "records": [1_200, *range(11, 0, -1)],
    })
    shown = words(report(tmp_path, replace(RESULT, rejected=reasons)))
    assert 'geo latitude: expected <= 90, got "200" 1,200 geo' in shown
    assert 'got "209" 3 and 2 more reasons' in shown
    assert "not JSON" not in shown


def test_the_chart_of_the_top_country_shows_ties(tmp_path: Path) -> None:
    by_country = {
        "country": ["Chad", "Peru"],
        "poster_name": ["Ann"] * 2,
        "follower_count": [9] * 2,
    }
    answers = {
        "top_poster_country": pd.DataFrame({"country": ["Chad"], "follower_count": [9]}),
        "top_poster_by_country": pd.DataFrame(by_country),
    }
    page = report(tmp_path, replace(RESULT, answers=answers))
    assert "2 countries have a user with 9 followers" in words(page)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            ["post_year", "category", "category_count"],
            ["year of the post", "category", "posts"],
        ),
        (["post_year", "number_users_joined"], ["year of joining", "users joined"]),
        (
            ["age_group", "post_year", "median_follower_count"],
            ["age group", "year of joining", "median follower count"],
        ),
    ],
)
def test_columns_have_headings_in_words(columns: list[str], expected: list[str]) -> None:
    assert headings(columns) == expected


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("follower_count", 15_000_000, "15,000,000"),
        ("median_follower_count", 43_500.0, "43,500"),
        ("median_follower_count", 4_633.5, "4,633.5"),
        ("median_follower_count", float("nan"), "unknown"),
        ("country", None, "unknown"),
        ("country", "Chad", "Chad"),
        ("post_year", 2015, "2015"),
    ],
)
def test_values_are_formatted_for_reading(column: str, value: object, text: str) -> None:
    assert format_value(column, value) == text
