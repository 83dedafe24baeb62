"""Each chart states its answer."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from pinterest_pipeline.chart_style import svg
from pinterest_pipeline.charts import chart
from pinterest_pipeline.questions import QUESTIONS

Rows = pd.DataFrame | Mapping[str, Any]

ANSWER_ROWS: dict[str, Rows] = {
    "top_category_by_country": {
        "country": ["Chad", "Peru", "Togo"],
        "category": ["art", "art", "travel"],
        "category_count": [3, 1200, 5],
    },
    "top_category_by_year": {
        "post_year": [2019, 2018],
        "category": ["art", "travel"],
        "category_count": [7, 9],
    },
    "top_poster_by_country": {
        "country": ["Chad", "Peru"],
        "poster_name": ["Ann", "Мария"],
        "follower_count": [124_000, 15_000_000],
    },
    "top_poster_country": {"country": ["Peru"], "follower_count": [15_000_000]},
    "top_category_by_age_group": {
        "age_group": ["+50", "18-24"],
        "category": ["art", "art"],
        "category_count": [7, 9],
    },
    "median_followers_by_age_group": {
        "age_group": ["+50", "18-24"],
        "median_follower_count": [500.5, 124_000.0],
    },
    "users_joined_by_year": {"post_year": [2015, 2016], "number_users_joined": [600, 1400]},
    "median_followers_by_join_year": {
        "post_year": [2015, 2016],
        "median_follower_count": [98_000.0, 5_000.0],
    },
    "median_followers_by_join_year_and_age_group": {
        "age_group": ["18-24", "+50", "18-24"],
        "post_year": [2015, 2015, 2016],
        "median_follower_count": [250_000.0, 999.0, 43_000.0],
    },
}


SVG = "{http://www.w3.org/2000/svg}"
QUESTION = {question.name: question for question in QUESTIONS}


def figure_of(name: str, rows: Rows | None = None, **answers: Rows) -> Figure:
    """Return the chart of a question whose answer is `rows`, by default those above."""
    answers[name] = ANSWER_ROWS[name] if rows is None else rows
    return chart(QUESTION[name], {table: pd.DataFrame(some) for table, some in answers.items()})


def texts(name: str, rows: Rows | None = None, **answers: Rows) -> list[str]:
    """Return the texts in the chart of a question."""
    element = ET.fromstring(svg(figure_of(name, rows, **answers)))  # noqa: S314  # our own
    return [text.text or "" for text in element.iter(f"{SVG}text")]


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("top_category_by_country", "art leads in 2 of 3 countries"),
        ("top_category_by_year", "Every year has a different top category"),
        ("top_poster_by_country", "Мария leads Peru with 15M followers"),
        ("top_poster_country", "The most followed user has 15M followers"),
        ("top_category_by_age_group", "art leads in every age group"),
        ("median_followers_by_age_group", "Aged 18-24: the highest median, 124k"),
        ("users_joined_by_year", "2,000 users joined, the most in 2016"),
        ("median_followers_by_join_year", "Joined in 2015: the highest median, 98k"),
        (
            "median_followers_by_join_year_and_age_group",
            "Highest median 250k: age 18-24, joined in 2015",
        ),
    ],
)
def test_the_title_states_the_answer_above_the_question(name: str, title: str) -> None:
    assert {title, QUESTION[name].text} <= set(texts(name))


@pytest.mark.parametrize(
    ("name", "rows", "title"),
    [
        (
            "top_poster_by_country",
            {
                "country": ["Peru", "Chad", "Togo"],
                "poster_name": ["Ann", "Bob", "Ann"],
                "follower_count": [15_000_000, 15_000_000, 5],
            },
            "2 countries tie at 15M followers",
        ),
        (
            "median_followers_by_age_group",
            {
                "age_group": ["25-35", "+50", "18-24"],
                "median_follower_count": [1001.0, 9.0, 1000.0],
            },
            "Aged 18-24 and 25-35: the highest median, 1k",
        ),
        (
            "median_followers_by_age_group",
            {"age_group": ["25-35", "18-24"], "median_follower_count": [1000.0, 1000.0]},
            "The same median in every age group: 1k",
        ),
        (
            "users_joined_by_year",
            {"post_year": [2015, 2016, 2017], "number_users_joined": [7, 3, 7]},
            "17 users joined, the most in 2015 and 2017",
        ),
        (
            "users_joined_by_year",
            {"post_year": [2015, 2016], "number_users_joined": [7, 7]},
            "14 users joined, as many each year",
        ),
        (
            "users_joined_by_year",
            {"post_year": [2016], "number_users_joined": [1]},
            "1 user joined, all in 2016",
        ),
        (
            "median_followers_by_join_year",
            {"post_year": [2015, 2016, 2017], "median_follower_count": [5.0, 5.0, 2.0]},
            "Joined in 2015 and 2016: the highest median, 5",
        ),
        (
            "median_followers_by_join_year",
            {"post_year": [2015, 2016], "median_follower_count": [5.0, 5.0]},
            "The same median in every year of joining: 5",
        ),
        (
            "median_followers_by_join_year_and_age_group",
            {
                "age_group": ["18-24", "+50", "18-24"],
                "post_year": [2015, 2015, 2016],
                "median_follower_count": [5.0, 5.0, 2.0],
            },
            "Highest median 5: 2 groups tie",
        ),
        (
            "top_category_by_country",
            {
                "country": ["Chad", "Mali", "Peru", "Togo", "Cuba"],
                "category": ["travel", "art", "art", "travel", "beauty"],
                "category_count": [1, 2, 3, 4, 5],
            },
            "art and travel lead in 2 countries each",
        ),
    ],
)
def test_the_title_states_ties(name: str, rows: dict[str, Any], title: str) -> None:
    assert title in texts(name, rows)


def test_countries_that_tie_share_a_bar() -> None:
    rows = {
        "country": ["Peru", "Cuba", "Chad", "Togo", "Mali"],
        "poster_name": ["Ann", "Cy", "Bob", "Ann", "Dee"],
        "follower_count": [8_000_000, 15_000_000, 8_000_000, 8_000_000, 437],
    }
    shown = texts("top_poster_by_country", rows)
    assert shown[:3] == ["Cuba", "Chad and 2 more", "Mali"]
    assert {"15M · Cy", "8M · Bob and 1 more", "437 · Dee"} <= set(shown)


def test_countries_without_a_bar_are_counted() -> None:
    countries = [f"Country {number:03}" for number in range(243)]
    counts = [max(number, 1) for number in range(200)] + [500] * 43
    rows = {"country": countries, "poster_name": countries, "follower_count": counts}
    shown = texts("top_poster_by_country", rows)
    assert "43 countries tie at 500 followers" in shown
    assert "and 186 more countries" in shown  # 43 in the first bar, 14 of their own


@pytest.mark.parametrize(
    ("name", "rows", "text"),
    [
        (
            "top_category_by_age_group",
            {"age_group": ["18-24"], "category": ["art"], "category_count": [1]},
            "art · 1 post",
        ),
        ("median_followers_by_join_year_and_age_group", None, "none"),
        ("users_joined_by_year", None, "year of joining"),
        ("median_followers_by_join_year", None, "year of joining"),
        ("median_followers_by_join_year_and_age_group", None, "year of joining"),
    ],
)
def test_labels_name_one_post_missing_medians_and_the_axis(
    name: str, rows: Rows | None, text: str
) -> None:
    assert text in texts(name, rows)


def test_countries_that_tie_with_the_first_are_named() -> None:
    by_country = {
        "country": ["Togo", "Chad", "Peru", "Mali"],
        "poster_name": ["Ann"] * 4,
        "follower_count": [15_000_000] * 3 + [14_999_999],
    }
    answer = {"country": ["Chad"], "follower_count": [15_000_000]}
    shown = texts("top_poster_country", answer, top_poster_by_country=by_country)
    assert "3 countries have a user with 15M followers" in shown
    assert "Chad" in shown
    assert "as have Peru, Togo" in shown

    alone = {"country": ["Chad"], "follower_count": [15_000_001]}
    shown = texts("top_poster_country", alone, top_poster_by_country=by_country)
    assert shown[0] == "The most followed user has 15M followers"
    assert not [text for text in shown if text.startswith("as have")]


@pytest.mark.parametrize("name", QUESTION)
def test_an_empty_answer_says_so(name: str) -> None:
    shown = texts(name, pd.DataFrame(ANSWER_ROWS[name]).head(0))
    assert "No rows" in shown
    assert QUESTION[name].text in shown


def test_the_same_answer_gives_the_same_svg() -> None:
    name = "top_category_by_year"
    assert svg(figure_of(name)) == svg(figure_of(name))


def test_no_two_charts_share_an_id() -> None:
    ids = [set(re.findall(r'<\w+ id="([^"]+)"', svg(figure_of(name)))) for name in QUESTION]
    assert sum(len(own) for own in ids) == len(set().union(*ids))


def test_drawing_changes_no_global_state() -> None:
    before = dict(mpl.rcParams)
    svg(figure_of("top_category_by_year"))
    assert dict(mpl.rcParams) == before


def test_charts_need_no_spark() -> None:
    code = "import sys, pinterest_pipeline.charts; sys.exit('pyspark' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "name", ["🎄 Noël", "ディーアイワイ", "עברית", "cost $5 or $6", "<b> & 'co'"]
)
def test_a_name_of_any_script_stays_text(name: str) -> None:
    rows = {"country": ["Peru"], "poster_name": [name], "follower_count": [437]}
    assert f"437 · {name}" in texts("top_poster_by_country", rows)


def test_fifteen_of_many_countries_are_named() -> None:
    countries = [f"Country {number:03}" for number in range(243)]
    rows = {"country": countries, "category": ["art"] * 243, "category_count": list(range(243))}
    shown = texts("top_category_by_country", rows)
    assert [text for text in shown if text.startswith("Country ")] == countries[:-16:-1]
    assert "and 228 more countries" in shown


def test_age_groups_are_in_order() -> None:
    rows = {
        "age_group": ["36-50", "+50", "18-24", "25-35"],
        "median_follower_count": [1.0, 2.0, 3.0, 4.0],
    }
    groups = ("18-24", "25-35", "36-50", "+50")
    shown = texts("median_followers_by_age_group", rows)
    assert [text for text in shown if text in groups] == list(groups)
