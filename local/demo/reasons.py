"""Why records were rejected, and how many for each reason."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

__all__ = ["rejected_reasons"]


def rejected_reasons(spark: SparkSession, schema: str) -> pd.DataFrame:
    """Return `event, reason, records` of `schema` (`<catalog>.<schema>`): most records first."""
    return (
        spark
        .table(f"{schema}.rejected")
        .groupBy("event", "reason")
        .agg(F.count("*").alias("records"))
        .orderBy(F.col("records").desc(), "event", "reason")
        .toPandas()
    )
