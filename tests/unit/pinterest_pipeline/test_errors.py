"""The cause of an error that passed through several processes."""

from __future__ import annotations

import pytest

from pinterest_pipeline.errors import cause_of

WRAPPED = """[STREAM_FAILED] Query [id = 1] terminated: Traceback (most recent call last):
  File "foreach_batch_worker.py", line 85, in main
    raise LostRecordsError(stream)
pyspark.errors.exceptions.connect.PythonException: 
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "replay.py", line 69, in replay
pyspark_kinesis.errors.LostRecordsError: expected every record of stream pins
 SQLSTATE: 38000
=== Streaming Query ===
Identifier: clean pin [id = 1]

JVM stacktrace:
org.apache.spark.sql.streaming.StreamingQueryException: [STREAM_FAILED] and so on"""  # noqa: W291


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (WRAPPED, "pyspark_kinesis.errors.LostRecordsError: expected every record of stream pins"),
        (
            "[CANNOT_LOAD_CHECKPOINT] no such file\nand more\n\nJVM stacktrace:\na.SomeError: b",
            "[CANNOT_LOAD_CHECKPOINT] no such file",
        ),
        ("", ""),
    ],
)
def test_the_innermost_cause_is_returned(text: str, cause: str) -> None:
    assert cause_of(RuntimeError(text)) == cause
