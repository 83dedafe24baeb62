"""The dashboard's queries run on the tables that the library creates, and fit its widgets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from local.settings import ROOT
from pinterest_pipeline.answers import answer_questions
from pinterest_pipeline.questions import QUESTIONS, Question
from pinterest_pipeline.tables import Tables

DASHBOARD = json.loads((ROOT / "resources" / "pinterest.lvdash.json").read_text())
QUERIES = {one["name"]: "".join(one["queryLines"]) for one in DASHBOARD["datasets"]}
WIDGETS = [placed["widget"] for page in DASHBOARD["pages"] for placed in page["layout"]]

ROWS = (
    """INSERT INTO loads VALUES
    ('pin', 0, 10, 6, 1, 3, timestamp '2024-01-01 10:00:00', 'a'),
    ('pin', 1, 10, 9, 1, 0, timestamp '2024-01-01 23:00:00', 'a'),
    ('pin', 2, 4, 4, 0, 0, timestamp '2024-01-02 00:00:00', 'a'),
    ('geo', 0, 0, 0, 0, 0, timestamp '2024-01-01 10:00:00', 'b')""",
    "INSERT INTO pin (ind, category) VALUES (1, 'art')",
    "INSERT INTO geo (ind, country) VALUES (1, 'Chad')",
)


@pytest.fixture(scope="module")
def datasets(spark: SparkSession) -> Iterator[Mapping[str, DataFrame]]:
    """Give the result of each query, with the schema as default like in the deployed dashboard."""
    tables = Tables("spark_catalog", "test_dashboard")
    previous = spark.catalog.currentDatabase()
    tables.create(spark)
    spark.catalog.setCurrentDatabase(tables.schema)
    for statement in ROWS:
        spark.sql(statement)
    answer_questions(spark, tables)
    yield {name: spark.sql(query) for name, query in QUERIES.items()}
    spark.catalog.setCurrentDatabase(previous)
    spark.sql(f"DROP SCHEMA {tables.catalog}.{tables.schema} CASCADE")


def query_of(widget: dict[str, Any]) -> dict[str, Any]:
    (query,) = widget["queries"]
    found: dict[str, Any] = query["query"]
    return found


def test_every_query_runs(datasets: Mapping[str, DataFrame]) -> None:
    rows = {name: result.count() for name, result in datasets.items()}

    assert rows["top_category_by_country"] == 1
    assert rows.keys() == QUERIES.keys()


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget["name"])
def test_a_widget_shows_columns_of_its_query(
    datasets: Mapping[str, DataFrame], widget: dict[str, Any]
) -> None:
    query = query_of(widget)
    fields = {field["name"]: field["expression"] for field in query["fields"]}

    rows = datasets[query["datasetName"]].selectExpr(*fields.values())

    assert rows.columns == list(fields)
    encodings = widget["spec"]["encodings"]
    shown = encodings.get("columns") or encodings.values()
    assert {encoding["fieldName"] for encoding in shown} == set(fields)


def test_posts_are_counted_by_day(datasets: Mapping[str, DataFrame]) -> None:
    counts = {str(day): posts for day, posts in datasets["posts_per_day"].collect()}

    assert counts == {"2024-01-01": 15, "2024-01-02": 4}


def test_the_rejected_share_is_of_the_records_read(datasets: Mapping[str, DataFrame]) -> None:
    rows = datasets["rejected_share_per_day"].collect()

    assert [(str(row.day), row.event, row.rejected_share) for row in rows] == [
        ("2024-01-01", "geo", None),  # nothing was read
        ("2024-01-01", "pin", 0.15),
        ("2024-01-02", "pin", 0.0),
    ]
    assert datasets["totals"].collect() == [Row(records_read=24, rejected_share=0.125)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_question_has_a_widget_with_its_whole_answer(
    spark: SparkSession, datasets: Mapping[str, DataFrame], question: Question
) -> None:
    (widget,) = [one for one in WIDGETS if one["name"] == question.name]

    assert widget["spec"]["frame"]["title"] == question.text
    assert query_of(widget)["datasetName"] == question.name
    assert datasets[question.name].columns == spark.table(question.name).columns


def test_every_query_is_shown() -> None:
    assert {query_of(widget)["datasetName"] for widget in WIDGETS} == set(QUERIES)


def test_no_query_names_a_schema() -> None:
    """The bundle gives the catalog and the schema, which differ between targets."""
    assert [name for name, query in QUERIES.items() if "." in query] == []
