"""Spark's `kinesis` source outside Databricks, with Databricks' name, columns and options.

Spark finds it by its package name (`pyspark_…`) on the server's `PYTHONPATH` and imports it as
`pyspark_kinesis`. Its own imports are therefore relative.
"""

from .source import KinesisSource as DefaultSource

__all__ = ["DefaultSource"]
