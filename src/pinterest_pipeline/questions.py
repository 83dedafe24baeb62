"""The list of questions: text, answer table, the function that answers, and the chart.

Posts are joined on `ind`. A question excludes rows without the required values, such as a
country or an age. Ties are resolved alphabetically.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pinterest_pipeline.charts import Chart

__all__ = [
    "QUESTIONS",
    "Question",
    "median_followers_by_age_group",
    "median_followers_by_join_year",
    "median_followers_by_join_year_and_age_group",
    "top_category_by_age_group",
    "top_category_by_country",
    "top_category_by_year",
    "top_poster_by_country",
    "top_poster_country",
    "users_joined_by_year",
]

_POST_YEARS = (2018, 2022)
_JOIN_YEARS = (2015, 2020)
_AGE_GROUPS = ("18-24", "25-35", "36-50", "+50")


def top_category_by_country(pin: DataFrame, geo: DataFrame, _user: DataFrame) -> DataFrame:
    """Return `country, category, category_count`: the most popular category of each country."""
    posts = pin.join(geo, "ind").where("country IS NOT NULL")
    return _top_category(posts, "country").transform(_ordered, "country")


def top_category_by_year(pin: DataFrame, geo: DataFrame, _user: DataFrame) -> DataFrame:
    """Return `post_year, category, category_count`: the most popular category of 2018 to 2022."""
    posts = pin.join(geo, "ind").withColumn("post_year", F.year("timestamp"))
    posts = posts.where(_in(_POST_YEARS))
    return _top_category(posts, "post_year").transform(_ordered, "post_year")


def top_poster_by_country(pin: DataFrame, geo: DataFrame, _user: DataFrame) -> DataFrame:
    """Return `country, poster_name, follower_count`: the most followed poster of each country.

    A poster's count is the largest ever seen. Posts without poster, count or country are
    left out.
    """
    posters = (
        pin
        .join(geo, "ind")
        .where("country IS NOT NULL AND poster_name IS NOT NULL AND follower_count IS NOT NULL")
        .groupBy("country", "poster_name")
        .agg(F.max("follower_count").alias("follower_count"))
    )
    first = [F.col("follower_count").desc(), F.col("poster_name")]
    return posters.transform(_first, "country", first).transform(_ordered, "country")


def top_poster_country(pin: DataFrame, geo: DataFrame, user: DataFrame) -> DataFrame:
    """Return `country, follower_count`: the country of the most followed poster of all. One row."""
    first = [F.col("follower_count").desc(), F.col("country")]
    return top_poster_by_country(pin, geo, user).orderBy(*first).limit(1).drop("poster_name")


def top_category_by_age_group(pin: DataFrame, _geo: DataFrame, user: DataFrame) -> DataFrame:
    """Return `age_group, category, category_count`: the most popular category of each age group."""
    posts = pin.join(user, "ind").transform(_with_age_group)
    return _top_category(posts, "age_group").transform(_ordered, _age_order())


def median_followers_by_age_group(pin: DataFrame, _geo: DataFrame, user: DataFrame) -> DataFrame:
    """Return `age_group, median_follower_count`, the exact median over posts with a count."""
    posts = pin.join(user, "ind").transform(_with_age_group)
    return _median_followers(posts, "age_group").transform(_ordered, _age_order())


def users_joined_by_year(_pin: DataFrame, _geo: DataFrame, user: DataFrame) -> DataFrame:
    """Return `post_year, number_users_joined` for 2015 to 2020.

    A user is a distinct (`user_name`, `age`, `date_joined`): not a post, and not a name.
    """
    users = user.select("user_name", "age", "date_joined").distinct()
    return (
        users
        .transform(_with_join_year)
        .groupBy("post_year")
        .agg(F.count("*").alias("number_users_joined"))
        .transform(_ordered, "post_year")
    )


def median_followers_by_join_year(pin: DataFrame, _geo: DataFrame, user: DataFrame) -> DataFrame:
    """Return `post_year, median_follower_count` for users who joined in 2015 to 2020."""
    posts = pin.join(user, "ind").transform(_with_join_year)
    return _median_followers(posts, "post_year").transform(_ordered, "post_year")


def median_followers_by_join_year_and_age_group(
    pin: DataFrame, _geo: DataFrame, user: DataFrame
) -> DataFrame:
    """Return `age_group, post_year, median_follower_count`, by age group and year of joining."""
    posts = pin.join(user, "ind").transform(_with_join_year).transform(_with_age_group)
    medians = _median_followers(posts, "age_group", "post_year")
    return medians.transform(_ordered, _age_order(), "post_year")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about the clean tables.

    Attributes:
        name: Name of the answer table.
        text: The question, as shown in the charts, in the terminal and in the report.
        answer: Function from the clean tables pin, geo and user, in this order, to the answer.
        chart: How the answer is drawn.
    """

    name: str
    text: str
    answer: Callable[[DataFrame, DataFrame, DataFrame], DataFrame]
    chart: Chart


_COUNTRY = ("country", "countries")
_AGE_GROUP = ("age group", "age groups")
_JOIN_YEAR = ("year of joining", "years of joining")

QUESTIONS: tuple[Question, ...] = (
    Question(
        name="top_category_by_country",
        text="What is the most popular category in each country?",
        answer=top_category_by_country,
        chart=Chart(kind="leaders", group="country", value="category_count", group_name=_COUNTRY),
    ),
    Question(
        name="top_category_by_year",
        text="What was the most popular category each year?",
        answer=top_category_by_year,
        chart=Chart(
            kind="columns",
            group="post_year",
            value="category_count",
            group_name=("year", "years"),
        ),
    ),
    Question(
        name="top_poster_by_country",
        text="Who has the most followers in each country?",
        answer=top_poster_by_country,
        chart=Chart(kind="ranking", group="country", value="follower_count", group_name=_COUNTRY),
    ),
    Question(
        name="top_poster_country",
        text="Which country has the most followed user?",
        answer=top_poster_country,
        chart=Chart(
            kind="single_group",
            group="country",
            value="follower_count",
            group_name=_COUNTRY,
            ties="top_poster_by_country",
        ),
    ),
    Question(
        name="top_category_by_age_group",
        text="What is the most popular category in each age group?",
        answer=top_category_by_age_group,
        chart=Chart(kind="bars", group="age_group", value="category_count", group_name=_AGE_GROUP),
    ),
    Question(
        name="median_followers_by_age_group",
        text="What is the median follower count in each age group?",
        answer=median_followers_by_age_group,
        chart=Chart(
            kind="bars",
            group="age_group",
            value="median_follower_count",
            group_name=_AGE_GROUP,
            best="Aged",
        ),
    ),
    Question(
        name="users_joined_by_year",
        text="How many users joined each year?",
        answer=users_joined_by_year,
        chart=Chart(
            kind="columns",
            group="post_year",
            value="number_users_joined",
            axis="year of joining",
        ),
    ),
    Question(
        name="median_followers_by_join_year",
        text="What is the median follower count by year of joining?",
        answer=median_followers_by_join_year,
        chart=Chart(
            kind="columns",
            group="post_year",
            value="median_follower_count",
            group_name=_JOIN_YEAR,
            best="Joined in",
            axis="year of joining",
        ),
    ),
    Question(
        name="median_followers_by_join_year_and_age_group",
        text="What is the median follower count by year of joining and age group?",
        answer=median_followers_by_join_year_and_age_group,
        chart=Chart(
            kind="heat_map",
            group="post_year",
            value="median_follower_count",
            axis="year of joining",
        ),
    ),
)
"""All questions, in display order. No other place in the library lists them."""


def _with_age_group(posts: DataFrame) -> DataFrame:
    age = F.col("age")
    group = (
        F
        .when(age.between(18, 24), _AGE_GROUPS[0])
        .when(age.between(25, 35), _AGE_GROUPS[1])
        .when(age.between(36, 50), _AGE_GROUPS[2])
        .when(age > 50, _AGE_GROUPS[3])
    )
    return posts.withColumn("age_group", group).where("age_group IS NOT NULL")


def _with_join_year(users: DataFrame) -> DataFrame:
    return users.withColumn("post_year", F.year("date_joined")).where(_in(_JOIN_YEARS))


def _in(years: tuple[int, int]) -> Column:
    return F.col("post_year").between(*years)


def _age_order() -> Column:
    return F.array_position(F.lit(list(_AGE_GROUPS)), F.col("age_group"))


def _ordered(answer: DataFrame, *by: str | Column) -> DataFrame:
    """Return the few rows of an answer in order; one task needs no sample and no shuffle for it."""
    return answer.coalesce(1).orderBy(*by)


def _top_category(posts: DataFrame, by: str) -> DataFrame:
    known = posts.where("category IS NOT NULL")
    counts = known.groupBy(by, "category").agg(F.count("*").alias("category_count"))
    return counts.transform(_first, by, [F.col("category_count").desc(), F.col("category")])


def _first(rows: DataFrame, by: str, order: list[Column]) -> DataFrame:
    rank = F.row_number().over(Window.partitionBy(by).orderBy(*order))
    return rows.withColumn("rank", rank).where("rank = 1").drop("rank")


def _median_followers(posts: DataFrame, *by: str) -> DataFrame:
    counted = posts.where("follower_count IS NOT NULL")
    return counted.groupBy(*by).agg(F.median("follower_count").alias("median_follower_count"))
