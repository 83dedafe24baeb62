"""The questions, on rows that lead wrong readings astray. Expected answers are written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from pyspark.sql import DataFrame, SparkSession

from pinterest_pipeline import questions
from pinterest_pipeline.questions import ANSWERS, answer_questions
from pinterest_pipeline.tables import Tables


@dataclass(frozen=True)
class Post:
    """What the questions ask of one post; the other columns play no part."""

    ind: int
    category: str | None = "art"
    poster: str | None = "P"
    followers: int | None = 10
    country: str | None = "Chad"
    at: str | None = "2020-01-01 00:00:00"
    name: str | None = "Ada"
    age: int | None = 30
    joined: str | None = "2016-01-01 00:00:00"


def tables_of(spark: SparkSession, posts: Sequence[Post]) -> tuple[DataFrame, DataFrame, DataFrame]:
    pin = [(p.ind, p.category, p.poster, p.followers) for p in posts]
    geo = [(p.ind, p.country, p.at) for p in posts]
    user = [(p.ind, p.name, p.age, p.joined) for p in posts]
    moment = "CAST({0} AS TIMESTAMP) {0}".format
    return (
        spark.createDataFrame(
            pin, "ind int, category string, poster_name string, follower_count bigint"
        ),
        spark.createDataFrame(geo, "ind int, country string, timestamp string").selectExpr(
            "ind", "country", moment("timestamp")
        ),
        spark.createDataFrame(
            user, "ind int, user_name string, age int, date_joined string"
        ).selectExpr("ind", "user_name", "age", moment("date_joined")),
    )


def answer(spark: SparkSession, question: str, posts: Sequence[Post]) -> list[tuple[object, ...]]:
    return [tuple(row) for row in ANSWERS[question](*tables_of(spark, posts)).collect()]


def test_top_category_by_country_counts_and_breaks_ties_by_the_alphabet(
    spark: SparkSession,
) -> None:
    posts = [
        Post(1, "art"),
        Post(2, "travel"),  # max(category) would say travel
        Post(3, "art"),
        Post(4, "quotes", country="Peru"),
        Post(5, "beauty", country="Peru"),
        Post(6, None, country="Peru"),
        Post(7, None, country="Peru"),
        Post(8, "art", country=None),
        Post(9, None, country="Oman"),
    ]
    assert answer(spark, "top_category_by_country", posts) == [
        ("Chad", "art", 2),
        ("Peru", "beauty", 1),
    ]


def test_top_category_by_year_is_by_the_year_of_the_post_2018_to_2022(
    spark: SparkSession,
) -> None:
    posts = [
        Post(1, "travel", at="2017-12-31 23:59:59"),
        Post(2, "travel", at="2018-01-01 00:00:00"),
        Post(3, "beauty", at="2022-12-31 23:59:59"),
        Post(4, "art", at="2022-01-01 00:00:00"),
        Post(5, "art", at="2023-01-01 00:00:00"),
        Post(6, "art", at=None),
        Post(7, None, at="2019-01-01 00:00:00"),
    ]
    assert answer(spark, "top_category_by_year", posts) == [
        (2018, "travel", 1),
        (2022, "art", 1),
    ]


_FOLLOWED = [
    Post(1, poster="Ann", followers=600),
    Post(2, poster="Ann", followers=700),  # a sum would say 1300
    Post(3, poster="Bob", followers=900),
    Post(4, poster="Abe", followers=900),
    Post(5, poster="Zoe", followers=15_000_000, country="Peru"),
    Post(6, poster=None, followers=20_000_000, country="Peru"),
    Post(7, poster="Cid", followers=None, country="Oman"),
    Post(8, poster="Dee", followers=30_000_000, country=None),
    Post(9, poster="Ann", followers=15_000_000, country="Cuba"),
]


def test_top_poster_by_country_is_by_the_largest_count_ever_seen(spark: SparkSession) -> None:
    assert answer(spark, "top_poster_by_country", _FOLLOWED) == [
        ("Chad", "Abe", 900),
        ("Cuba", "Ann", 15_000_000),
        ("Peru", "Zoe", 15_000_000),
    ]


def test_top_poster_country_is_one_row_the_alphabetically_first(spark: SparkSession) -> None:
    assert answer(spark, "top_poster_country", _FOLLOWED) == [("Cuba", 15_000_000)]


def test_top_category_by_age_group_has_the_groups_in_their_order(spark: SparkSession) -> None:
    ages = {17: "none", 18: "a", 24: "a", 25: "b", 35: "b", 36: "c", 50: "c", 51: "d", 60: "d"}
    posts = [Post(age, category, age=age) for age, category in ages.items()]
    assert answer(spark, "top_category_by_age_group", [*posts, Post(99, age=None)]) == [
        ("18-24", "a", 2),
        ("25-35", "b", 2),
        ("36-50", "c", 2),
        ("+50", "d", 2),
    ]


def test_median_followers_by_age_group_is_exact_and_over_posts_with_a_count(
    spark: SparkSession,
) -> None:
    posts = [
        Post(1, age=20, followers=1),
        Post(2, age=20, followers=4),
        Post(3, age=20, followers=None),
        Post(4, age=50, followers=3),
        Post(5, age=40, followers=1_000),
        Post(6, age=36, followers=2),
        Post(7, age=51, followers=None),
        Post(8, age=None, followers=5),
    ]
    assert answer(spark, "median_followers_by_age_group", posts) == [("18-24", 2.5), ("36-50", 3.0)]


def test_users_joined_by_year_counts_people_not_posts_and_not_names(spark: SparkSession) -> None:
    posts = [
        Post(1),
        Post(2),  # the same person again
        Post(3, age=31),  # another of the same name
        Post(4, joined="2016-06-01 00:00:00"),
        Post(5, name=None),
        Post(6, joined="2014-12-31 23:59:59"),
        Post(7, joined="2015-01-01 00:00:00"),
        Post(8, joined="2020-12-31 23:59:59"),
        Post(9, joined="2021-01-01 00:00:00"),
        Post(10, joined=None),
    ]
    assert answer(spark, "users_joined_by_year", posts) == [(2015, 1), (2016, 4), (2020, 1)]


def test_median_followers_by_join_year(spark: SparkSession) -> None:
    posts = [
        Post(1, followers=1),
        Post(2, followers=1),
        Post(3, followers=7),
        Post(4, followers=None),
        Post(5, joined="2017-01-01 00:00:00", followers=2),
        Post(6, joined="2017-01-01 00:00:00", followers=3),
        Post(7, joined="2021-01-01 00:00:00"),
        Post(8, joined=None),
    ]
    assert answer(spark, "median_followers_by_join_year", posts) == [(2016, 1.0), (2017, 2.5)]


def test_median_followers_by_join_year_and_age_group(spark: SparkSession) -> None:
    posts = [
        Post(1, age=50, followers=1),
        Post(2, age=51, followers=2),
        Post(3, age=51, joined="2015-10-01 00:00:00", followers=9),
        Post(4, age=20, followers=4),
        Post(5, age=20, followers=5),
        Post(6, age=10),
    ]
    assert answer(spark, "median_followers_by_join_year_and_age_group", posts) == [
        ("18-24", 2016, 4.5),
        ("36-50", 2016, 1.0),
        ("+50", 2015, 9.0),
        ("+50", 2016, 2.0),
    ]


_TYPES = {
    "top_category_by_country": "country string, category string, category_count bigint",
    "top_category_by_year": "post_year int, category string, category_count bigint",
    "top_poster_by_country": "country string, poster_name string, follower_count bigint",
    "top_poster_country": "country string, follower_count bigint",
    "top_category_by_age_group": "age_group string, category string, category_count bigint",
    "median_followers_by_age_group": "age_group string, median_follower_count double",
    "users_joined_by_year": "post_year int, number_users_joined bigint",
    "median_followers_by_join_year": "post_year int, median_follower_count double",
    "median_followers_by_join_year_and_age_group": "age_group string, post_year int,"
    " median_follower_count double",
}


@pytest.mark.parametrize("question", list(ANSWERS))
def test_an_answer_has_its_columns_even_when_there_is_no_row(
    spark: SparkSession, question: str
) -> None:
    found = ANSWERS[question](*tables_of(spark, []))
    assert found.dtypes == spark.createDataFrame([], _TYPES[question]).dtypes


def test_the_tables_hold_the_answers_and_only_what_has_changed_is_written(
    spark: SparkSession, tables: Tables
) -> None:
    _merge(spark, tables, [Post(1), Post(2, "travel", country="Peru")])
    answers = answer_questions(spark, tables)
    assert list(answers) == list(_TYPES)
    assert {name: _rows(spark, tables, name) for name in answers} == {
        name: [*answer.itertuples(index=False, name=None)] for name, answer in answers.items()
    }

    _merge(spark, tables, [Post(2, "quotes", country="Peru")])
    again = answer_questions(spark, tables)
    assert _rows(spark, tables, "top_category_by_country") == [
        ("Chad", "art", 1),
        ("Peru", "quotes", 1),
    ]
    changed = {name for name in answers if not again[name].equals(answers[name])}
    assert {name for name in answers if _versions(spark, tables, name) > 1} == changed
    assert changed == {"top_category_by_country"}


def _merge(spark: SparkSession, tables: Tables, posts: Sequence[Post]) -> None:
    for rows, name in zip(tables_of(spark, posts), ("pin", "geo", "user"), strict=True):
        tables.merge_clean(_widened(rows, tables.read(spark, name)), name)


def _rows(spark: SparkSession, tables: Tables, name: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in tables.read(spark, name).collect()]


def _versions(spark: SparkSession, tables: Tables, name: str) -> int:
    return spark.sql(f"DESCRIBE HISTORY {tables.name(name)}").count()


def _widened(rows: DataFrame, table: DataFrame) -> DataFrame:
    missing = [name for name, _ in table.dtypes if name not in rows.columns]
    nulls = rows.selectExpr("*", *(f"CAST(NULL AS {dict(table.dtypes)[n]}) {n}" for n in missing))
    return nulls.select(*table.columns)


def test_every_question_is_listed_once() -> None:
    assert list(_TYPES) == list(ANSWERS)
    assert set(questions.__all__) == {"ANSWERS", "Question", "answer_questions", *ANSWERS}
