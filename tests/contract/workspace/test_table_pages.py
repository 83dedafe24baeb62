"""The pages of tables in a real browser, with a Spark server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pyspark.sql import SparkSession


def test_a_table_has_a_page_with_its_schema_rows_and_history(
    page: Page, spark_without_services: SparkSession
) -> None:
    spark = spark_without_services
    spark.sql("CREATE SCHEMA shown")
    rows = spark.createDataFrame([(7, "<b>Café</b>"), (None, "x")], "post int, title string")
    rows.coalesce(1).write.format("delta").saveAsTable("shown.posts")
    rows.coalesce(1).write.format("parquet").saveAsTable("shown.files")

    page.get_by_role("link", name="Tables").click()
    page.get_by_role("link", name="posts").click()
    expect(page.get_by_role("heading").first).to_have_text("spark_catalog.shown.posts 2 rows")
    schema, shown, history = page.locator("table").all()
    expect(schema.get_by_role("row")).to_have_text(["postint", "titlestring"])
    expect(shown.get_by_role("cell")).to_have_text(["7", "<b>Café</b>", "null", "x"])
    expect(history).to_contain_text("CREATE TABLE AS SELECT")

    page.goto("/tables/spark_catalog.shown.files")
    expect(page.get_by_text("only Delta tables have a history")).to_be_visible()
    spark.sql("DROP SCHEMA shown CASCADE")


@pytest.mark.usefixtures("spark_without_services")
def test_an_unknown_table_says_so(page: Page) -> None:
    page.goto("/tables/spark_catalog.default.missing")
    expect(page.locator("pre.error")).to_contain_text("spark_catalog.default.missing")
