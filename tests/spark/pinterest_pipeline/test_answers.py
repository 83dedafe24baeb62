"""Answers become tables: all in one statement, and only those that have changed are written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pyspark.sql import DataFrame, SparkSession

from pinterest_pipeline import answers
from pinterest_pipeline.answers import answer_questions, collect_together, replace_tables
from pinterest_pipeline.questions import QUESTIONS
from pinterest_pipeline.tables import Tables

type Rows = Sequence[tuple[str | None, int | None]]

ROWS: Rows = [("Peru", 1), ("Chad", 2), (None, 2), ("Chad", None)]


def posts(spark: SparkSession, rows: Rows) -> DataFrame:
    return spark.createDataFrame(rows, "country string, posts bigint")


def versions(spark: SparkSession, tables: Tables, name: str) -> int:
    return spark.sql(f"DESCRIBE HISTORY {tables.name(name)}").count()


def test_the_tables_hold_the_answers(
    spark: SparkSession, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("top_category_by_country", "users_joined_by_year")
    monkeypatch.setattr(answers, "QUESTIONS", [q for q in QUESTIONS if q.name in asked])
    joined = "'Ada', 30, timestamp '2016-01-01 00:00:00'"
    for table, values in {
        "pin (ind, category)": "(1, 'art'), (2, 'travel')",
        "geo (ind, country)": "(1, 'Chad'), (2, 'Peru')",
        "user": f"(1, {joined}), (2, {joined})",
    }.items():
        spark.sql(f"INSERT INTO {tables.schema_name}.{table} VALUES {values}")  # noqa: S608

    returned = answer_questions(spark, tables)

    expected = {
        "top_category_by_country": [("Chad", "art", 1), ("Peru", "travel", 1)],
        "users_joined_by_year": [(2016, 1)],
    }
    stored = {name: [tuple(row) for row in tables.read(spark, name).collect()] for name in asked}
    assert stored == expected
    assert {
        name: [*answer.itertuples(index=False, name=None)] for name, answer in returned.items()
    } == expected


def test_frames_that_are_collected_together_equal_those_collected_alone(
    spark: SparkSession,
) -> None:
    frames = {
        "posts": posts(spark, ROWS),
        "large": posts(spark, [("Chad", 2**62 + 1)]),
        "none": posts(spark, []),
        "medians": spark.sql("SELECT 0.1D AS posts, 7 AS country UNION ALL SELECT NULL, 8"),
        "sorted": posts(spark, ROWS).coalesce(1).orderBy("posts", "country"),
        "all null": posts(spark, [(None, None)]),
    }

    together = collect_together(frames)

    assert list(together) == list(frames)
    for name, frame in frames.items():
        alone = frame.toPandas()
        assert together[name].equals(alone), name
        assert list(together[name].dtypes) == list(alone.dtypes), name
    assert collect_together({}) == {}


def test_a_replacement_may_have_other_columns_and_no_rows(
    spark: SparkSession, tables: Tables
) -> None:
    for columns in ("country string, posts bigint", "country string, posts int", "year int"):
        none = spark.createDataFrame([], columns)
        assert replace_tables(spark, tables, {"answer": none})["answer"].empty
        assert tables.read(spark, "answer").dtypes == none.dtypes


def test_only_changed_tables_are_written(spark: SparkSession, tables: Tables) -> None:
    written = []
    for changing in (ROWS, ROWS[::-1], ROWS[1:]):
        contents = {"changing": posts(spark, changing), "constant": posts(spark, ROWS)}
        replace_tables(spark, tables, contents)
        written.append([versions(spark, tables, name) for name in contents])
    assert written == [[1, 1], [1, 1], [2, 1]]
