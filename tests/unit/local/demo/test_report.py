"""The report says where every record is, and is complete in itself."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from local.demo.comparison import Comparison, TableDifference
from local.demo.reconciliation import BATCH, STREAMING, Account
from local.demo.report import DemoResult, format_value, headings, write_report

PIN = Account(
    BATCH,
    "pin",
    {
        "rows in source": 300,
        "acknowledged": 300,
        "refused": 0,
        "new in Kafka": 300,
        "in Kafka": 302,
        "dead letters": 1,
        "landed": 301,
        "clean": 297,
        "superseded": 2,
        "rejected": 2,
    },
)
STREAMED = Account(
    STREAMING,
    "pin",
    {
        "rows in source": 300,
        "acknowledged": 300,
        "refused": 0,
        "new in Kinesis": 303,
        "in Kinesis": 303,
        "clean": 299,
        "superseded": 3,
        "rejected": 1,
    },
)
RESULT = DemoResult(
    batch=[PIN],
    stream=[STREAMED],
    comparison=Comparison([], []),
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


def changed(account: Account, *, event: str = "pin", **counts: int) -> Account:
    """Return `account` with another event and other counts, whose stages are single words."""
    return replace(account, event=event, counts={**account.counts, **counts})


def report(folder: Path, result: DemoResult = RESULT, source: str | None = "sqlite:///a.db") -> str:
    path = folder / "report" / "index.html"
    write_report(
        path,
        result,
        notebooks={"Clean what has landed": folder / "runs" / "clean landing.html"},
        seconds={"Post": 8.44, "Clean": 200.0},
        source=source,
    )
    return path.read_text()


def batch_of(*accounts: Account) -> DemoResult:
    return replace(RESULT, batch=accounts)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_says_that_every_record_is_accounted_for(tmp_path: Path) -> None:
    assert "✓ Every record is accounted for" in words(report(tmp_path))


def test_a_lost_record_is_reported(tmp_path: Path) -> None:
    shown = words(report(tmp_path, batch_of(PIN, changed(PIN, event="geo", landed=300))))
    assert "✗ The records do not add up" in shown
    assert "geo 300 300 0 300 302 1 300 297 2 2 ✗" in shown


def test_a_record_lost_by_the_streams_is_reported(tmp_path: Path) -> None:
    shown = words(report(tmp_path, replace(RESULT, stream=[changed(STREAMED, clean=298)])))
    assert "✗ The records do not add up" in shown
    assert "pin 300 300 0 303 303 298 3 1 ✗" in shown


def test_it_says_that_the_halves_are_equal(tmp_path: Path) -> None:
    assert "✓ The two halves are equal , row by row" in words(report(tmp_path))


def test_it_says_which_rows_and_answers_differ(tmp_path: Path) -> None:
    difference = Comparison([TableDifference("geo", 1, 2_000, [4, 5])], ["top_poster_country"])
    shown = words(report(tmp_path, replace(RESULT, comparison=difference)))
    assert "✗ The two halves differ" in shown
    assert "geo: 1 rows in batch only, 2,000 in streaming only; first posts: 4, 5" in shown
    assert "answers: top_poster_country" in shown


def test_each_event_has_a_row_and_all_have_a_total(tmp_path: Path) -> None:
    shown = words(report(tmp_path, batch_of(PIN, changed(PIN, event="geo"))))
    assert "pin 300 300 0 300 302 1 301 297 2 2 ✓" in shown
    assert "all 600 600 0 600 604 2 602 594 4 4 ✓" in shown


def test_answers_come_in_the_order_of_the_questions_with_chart_and_table(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert re.findall(r'<article [^>]*id="(\w+)"', page) == [
        "top_poster_country",
        "users_joined_by_year",
    ]
    assert "42 users joined, all in 2015" in words(page)
    assert "year of joining users joined 2015 42" in words(page)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (None, "300 synthetic rows"),
        ("mysql+pymysql://ann:s%40cret@host/posts", "300 rows from mysql+pymysql://ann:***@host"),
    ],
)
def test_it_names_the_source_without_its_password(
    tmp_path: Path, source: str | None, shown: str
) -> None:
    page = report(tmp_path, source=source)
    assert shown in words(page)
    assert "cret" not in page.replace("secret", "")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (None, "300 synthetic posts, three records each ·"),
        ("sqlite:///posts.db", "300 posts from sqlite:///posts.db, three records each ·"),
    ],
)
def test_posts_have_three_records_each(tmp_path: Path, source: str | None, shown: str) -> None:
    accounts = [changed(PIN, event=event) for event in ("pin", "geo", "user")]
    assert shown in words(report(tmp_path, batch_of(*accounts), source))


def test_rows_are_counted_where_posts_lack_records(tmp_path: Path) -> None:
    user = replace(PIN, event="user", counts={**PIN.counts, "rows in source": 299})
    page = report(tmp_path, batch_of(PIN, changed(PIN, event="geo"), user), None)
    assert "899 synthetic rows ·" in words(page)


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


def test_without_rejected_records_it_has_no_reasons(tmp_path: Path) -> None:
    assert "Rejected records" not in words(report(tmp_path))


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


def test_text_of_the_data_is_not_markup(tmp_path: Path) -> None:
    assert "<script>" not in report(tmp_path)


def test_notebooks_are_linked_relative_to_the_report(tmp_path: Path) -> None:
    assert 'href="../runs/clean%20landing.html"' in report(tmp_path)


@pytest.mark.parametrize("duration", ["Post 8.4 s", "Clean 3 min 20 s", "3 min 28 s"])
def test_durations_are_shown(tmp_path: Path, duration: str) -> None:
    assert duration in words(report(tmp_path))


def test_it_loads_nothing_from_a_network(tmp_path: Path) -> None:
    page = report(tmp_path)
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []
    assert "<link" not in page


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
