"""Sessions on the local cluster."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

pytestmark = pytest.mark.local


def test_a_session_of_the_stack_fails_fast(spark: SparkSession) -> None:
    policies = spark.client.get_retry_policies()
    assert [type(policy).__name__ for policy in policies] == ["_OutagePolicy", "DefaultPolicy"]
