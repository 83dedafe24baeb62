"""The list of questions."""

from __future__ import annotations

from pinterest_pipeline.questions import QUESTIONS

TABLES = [
    "top_category_by_country",
    "top_category_by_year",
    "top_poster_by_country",
    "top_poster_country",
    "top_category_by_age_group",
    "median_followers_by_age_group",
    "users_joined_by_year",
    "median_followers_by_join_year",
    "median_followers_by_join_year_and_age_group",
]


def test_each_answer_table_has_one_question_and_its_own_function() -> None:
    assert [question.name for question in QUESTIONS] == TABLES
    assert [question.answer.__name__ for question in QUESTIONS] == TABLES


def test_each_question_has_its_own_text() -> None:
    assert len({question.text for question in QUESTIONS}) == len(TABLES)
    assert all("?" in question.text for question in QUESTIONS)
