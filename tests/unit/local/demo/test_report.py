"""The report says where every record is, and is complete in itself."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from local.demo.comparison import Difference, Halves
from local.demo.reconciliation import Account, StreamAccount
from local.demo.report import write_report

PIN = Account("pin", 300, 300, 0, 300, 302, 1, 301, 297, 2, 2)
STREAMED = StreamAccount("pin", 300, 300, 0, 303, 303, 299, 3, 1)
EQUAL = Halves([], [])
ANSWERS = {
    "users_joined_by_year": pd.DataFrame({"post_year": [2015], "number_users_joined": [42]}),
    "top_poster_country": pd.DataFrame({
        "country": ["<script>alert(1)</script>"],
        "follower_count": [5],
    }),
}


def report(
    folder: Path,
    accounts: list[Account],
    source: str | None = "sqlite:///posts.db",
    *,
    streamed: StreamAccount = STREAMED,
    halves: Halves = EQUAL,
    rejected: pd.DataFrame | None = None,
) -> str:
    path = write_report(
        folder / "report" / "index.html",
        accounts,
        [streamed],
        halves,
        answers=ANSWERS,
        notebooks={"Clean what has landed": folder / "runs" / "clean landing.html"},
        seconds={"Post": 8.44, "Clean": 200.0},
        source=source,
        rejected=rejected,
    )
    return path.read_text()


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_says_that_every_record_is_accounted_for(tmp_path: Path) -> None:
    assert "✓ Every record is accounted for" in words(report(tmp_path, [PIN]))


def test_a_lost_record_is_seen(tmp_path: Path) -> None:
    shown = words(report(tmp_path, [PIN, replace(PIN, event="geo", landed=300)]))
    assert "✗ The records do not add up" in shown
    assert "geo 300 300 0 300 302 1 300 297 2 2 ✗" in shown


def test_a_record_lost_by_the_streams_is_seen(tmp_path: Path) -> None:
    shown = words(report(tmp_path, [PIN], streamed=replace(STREAMED, clean=298)))
    assert "✗ The records do not add up" in shown
    assert "pin 300 300 0 303 303 298 3 1 ✗" in shown


def test_it_says_that_the_halves_are_equal(tmp_path: Path) -> None:
    assert "✓ The two halves are equal , row by row" in words(report(tmp_path, [PIN]))


def test_it_says_which_rows_and_answers_differ(tmp_path: Path) -> None:
    halves = Halves([Difference("geo", 1, 2_000, [4, 5])], ["top_poster_country"])
    shown = words(report(tmp_path, [PIN], halves=halves))
    assert "✗ The two halves differ" in shown
    assert "geo: 1 rows in batch only, 2,000 in streaming only; the first posts: 4, 5" in shown
    assert "answers: top_poster_country" in shown


def test_each_event_has_a_row_and_all_have_a_total(tmp_path: Path) -> None:
    shown = words(report(tmp_path, [PIN, replace(PIN, event="geo")]))
    assert "pin 300 300 0 300 302 1 301 297 2 2 ✓" in shown
    assert "all 600 600 0 600 604 2 602 594 4 4 ✓" in shown


def test_answers_come_in_the_order_of_the_questions_with_chart_and_table(tmp_path: Path) -> None:
    page = report(tmp_path, [PIN])
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
    page = report(tmp_path, [PIN], source)
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
    events = [replace(PIN, event=event) for event in ("pin", "geo", "user")]
    assert shown in words(report(tmp_path, events, source))


def test_posts_of_which_records_are_missing_are_told_as_rows(tmp_path: Path) -> None:
    events = [PIN, replace(PIN, event="geo"), replace(PIN, event="user", rows_in_source=299)]
    assert "899 synthetic rows ·" in words(report(tmp_path, events, None))


def test_it_tells_why_records_were_rejected(tmp_path: Path) -> None:
    reasons = pd.DataFrame({
        "event": ["geo"] * 11 + ["pin"],
        "reason": [f'latitude: expected <= 90, got "{200 + n}"' for n in range(11)] + ["not JSON"],
        "records": [1_200, *range(11, 0, -1)],
    })
    shown = words(report(tmp_path, [PIN], rejected=reasons))
    assert 'geo latitude: expected <= 90, got "200" 1,200 geo' in shown
    assert 'got "209" 3 and 2 more reasons' in shown
    assert "not JSON" not in shown


@pytest.mark.parametrize("rejected", [None, pd.DataFrame(columns=["event", "reason", "records"])])
def test_nothing_rejected_is_not_told(tmp_path: Path, rejected: pd.DataFrame | None) -> None:
    assert "What was rejected" not in words(report(tmp_path, [PIN], rejected=rejected))


def test_the_answer_of_one_country_tells_of_ties(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_country = {
        "country": ["Chad", "Peru"],
        "poster_name": ["Ann"] * 2,
        "follower_count": [9] * 2,
    }
    first = {"country": ["Chad"], "follower_count": [9]}
    monkeypatch.setitem(ANSWERS, "top_poster_country", pd.DataFrame(first))
    monkeypatch.setitem(ANSWERS, "top_poster_by_country", pd.DataFrame(by_country))
    assert "2 countries have a user with 9 followers" in words(report(tmp_path, [PIN]))


def test_text_of_the_data_is_no_markup(tmp_path: Path) -> None:
    assert "<script>" not in report(tmp_path, [PIN])


def test_notebooks_are_linked_relative_to_the_report(tmp_path: Path) -> None:
    assert 'href="../runs/clean%20landing.html"' in report(tmp_path, [PIN])


@pytest.mark.parametrize("duration", ["Post 8.4 s", "Clean 3 min 20 s", "3 min 28 s"])
def test_durations_are_told(tmp_path: Path, duration: str) -> None:
    assert duration in words(report(tmp_path, [PIN]))


def test_it_loads_nothing_from_a_network(tmp_path: Path) -> None:
    page = report(tmp_path, [PIN])
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []
    assert "<link" not in page
