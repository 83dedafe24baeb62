"""Spark's `kinesis` source outside Databricks: its name, its columns, its options.

Spark finds it by the package's name and place (a `pyspark_…` on the server's `PYTHONPATH`), so the
package is written to be imported as `pyspark_kinesis` as well: its imports are relative.
"""

from .source import KinesisSource as DefaultSource

__all__ = ["DefaultSource"]
