"""Fixtures of the tests that need a Spark server and no other service.

Tests that are not marked `local` also run against a remote workspace. Two environment variables
name what they may use there: `PINTEREST_TEST_CATALOG`, a catalog in which they may create schemas,
and `PINTEREST_TEST_PATH`, a folder such as that of a volume.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pinterest_pipeline.tables import Tables

# Read here, because the local settings of a test session ignore the variables of its user.
_CATALOG = os.environ.get("PINTEREST_TEST_CATALOG") or "spark_catalog"
_PATH = os.environ.get("PINTEREST_TEST_PATH")


@pytest.fixture(scope="session")
def spark(spark_without_services: SparkSession) -> SparkSession:
    """Give the session's Spark server, without S3 and Kinesis."""
    return spark_without_services


@pytest.fixture(scope="session")
def catalog() -> str:
    """Give the catalog in which tests create their schemas."""
    return _CATALOG


@pytest.fixture
def shared_path(tmp_path: Path) -> str:
    """Give a folder of the test's own that the Spark server reads and writes."""
    return f"{_PATH.rstrip('/')}/{uuid.uuid4().hex}" if _PATH else str(tmp_path)


@pytest.fixture
def tables(spark: SparkSession, catalog: str) -> Iterator[Tables]:
    """Give empty tables in a schema of their own."""
    own = Tables(catalog, f"test_{uuid.uuid4().hex}")
    own.create(spark)
    yield own
    spark.sql(f"DROP SCHEMA {own.schema_name} CASCADE")
