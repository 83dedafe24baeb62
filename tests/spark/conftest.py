"""Fixtures of the tests that need a Spark server and no other service."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from pinterest_pipeline.tables import Tables


@pytest.fixture(scope="session")
def spark(spark_without_services: SparkSession) -> SparkSession:
    """Give the session's Spark server, without S3 and Kinesis."""
    return spark_without_services


@pytest.fixture
def tables(spark: SparkSession) -> Iterator[Tables]:
    """Give empty tables in a schema of their own."""
    own = Tables("spark_catalog", f"test_{uuid.uuid4().hex}")
    own.create(spark)
    yield own
    spark.sql(f"DROP SCHEMA {own.catalog}.{own.schema} CASCADE")
