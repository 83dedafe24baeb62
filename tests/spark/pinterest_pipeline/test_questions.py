"""Answers on edge cases where a wrong implementation gives another result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.questions import QUESTIONS


@dataclass(frozen=True)
class Post:
    """The values of a post that the questions use."""

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
_AGES = {17: "none", 18: "a", 24: "a", 25: "b", 35: "b", 36: "c", 50: "c", 51: "d", 60: "d"}

CASES: dict[str, tuple[list[Post], list[tuple[object, ...]]]] = {
    "top_category_by_country": (
        [
            Post(1, "art"),
            Post(2, "travel"),  # max(category) would say travel
            Post(3, "art"),
            Post(4, "quotes", country="Peru"),
            Post(5, "beauty", country="Peru"),
            Post(6, None, country="Peru"),
            Post(7, None, country="Peru"),
            Post(8, "art", country=None),
            Post(9, None, country="Oman"),
        ],
        [("Chad", "art", 2), ("Peru", "beauty", 1)],
    ),
    "top_category_by_year": (
        [
            Post(1, "travel", at="2017-12-31 23:59:59"),
            Post(2, "travel", at="2018-01-01 00:00:00"),
            Post(3, "beauty", at="2022-12-31 23:59:59"),
            Post(4, "art", at="2022-01-01 00:00:00"),
            Post(5, "art", at="2023-01-01 00:00:00"),
            Post(6, "art", at=None),
            Post(7, None, at="2019-01-01 00:00:00"),
        ],
        [(2018, "travel", 1), (2022, "art", 1)],
    ),
    "top_poster_by_country": (
        _FOLLOWED,
        [("Chad", "Abe", 900), ("Cuba", "Ann", 15_000_000), ("Peru", "Zoe", 15_000_000)],
    ),
    "top_poster_country": (_FOLLOWED, [("Cuba", 15_000_000)]),
    "top_category_by_age_group": (
        [*(Post(age, category, age=age) for age, category in _AGES.items()), Post(99, age=None)],
        [("18-24", "a", 2), ("25-35", "b", 2), ("36-50", "c", 2), ("+50", "d", 2)],
    ),
    "median_followers_by_age_group": (
        [
            Post(1, age=20, followers=1),
            Post(2, age=20, followers=4),
            Post(3, age=20, followers=None),
            Post(4, age=50, followers=3),
            Post(5, age=40, followers=1_000),
            Post(6, age=36, followers=2),
            Post(7, age=51, followers=None),
            Post(8, age=None, followers=5),
        ],
        [("18-24", 2.5), ("36-50", 3.0)],
    ),
    "users_joined_by_year": (
        [
            Post(1),
            Post(2),  # the same person again
            Post(3, age=31),  # another person of the same name
            Post(4, joined="2016-06-01 00:00:00"),
            Post(5, name=None),
            Post(6, joined="2014-12-31 23:59:59"),
            Post(7, joined="2015-01-01 00:00:00"),
            Post(8, joined="2020-12-31 23:59:59"),
            Post(9, joined="2021-01-01 00:00:00"),
            Post(10, joined=None),
        ],
        [(2015, 1), (2016, 4), (2020, 1)],
    ),
    "median_followers_by_join_year": (
        [
            Post(1, followers=1),
            Post(2, followers=1),
            Post(3, followers=7),
            Post(4, followers=None),
            Post(5, joined="2017-01-01 00:00:00", followers=2),
            Post(6, joined="2017-01-01 00:00:00", followers=3),
            Post(7, joined="2021-01-01 00:00:00"),
            Post(8, joined=None),
        ],
        [(2016, 1.0), (2017, 2.5)],
    ),
    "median_followers_by_join_year_and_age_group": (
        [
            Post(1, age=50, followers=1),
            Post(2, age=51, followers=2),
            Post(3, age=51, joined="2015-10-01 00:00:00", followers=9),
            Post(4, age=20, followers=4),
            Post(5, age=20, followers=5),
            Post(6, age=10),
        ],
        [("18-24", 2016, 4.5), ("36-50", 2016, 1.0), ("+50", 2015, 9.0), ("+50", 2016, 2.0)],
    ),
}


@pytest.fixture(scope="module")
def answers(spark: SparkSession) -> dict[str, list[tuple[object, ...]]]:
    """Answer every question on the posts of its case, in one Spark job."""
    as_json = [
        question.answer(*tables_of(spark, CASES[question.name][0])).select(
            F.lit(question.name).alias("name"), F.to_json(F.struct("*")).alias("row")
        )
        for question in QUESTIONS
    ]
    rows = reduce(DataFrame.unionAll, as_json).collect()
    return {
        name: [tuple(json.loads(row.row).values()) for row in rows if row.name == name]
        for name in CASES
    }


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_right_and_in_order(
    answers: dict[str, list[tuple[object, ...]]], name: str
) -> None:
    assert answers[name] == CASES[name][1]


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


def test_an_answer_has_its_columns_even_without_rows(spark: SparkSession) -> None:
    empty = tables_of(spark, [])
    dtypes = {question.name: question.answer(*empty).dtypes for question in QUESTIONS}
    assert dtypes == {
        name: [tuple(column.split()) for column in columns.split(", ")]
        for name, columns in _TYPES.items()
    }
