"""What the unit tests share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from pinterest_pipeline.tables import Tables


@pytest.fixture
def tables(spark: SparkSession) -> Iterator[Tables]:
    """Give empty tables in a schema of their own."""
    made = Tables("spark_catalog", f"test_{uuid.uuid4().hex}")
    made.create(spark)
    yield made
    spark.sql(f"DROP SCHEMA {made.catalog}.{made.schema} CASCADE")
