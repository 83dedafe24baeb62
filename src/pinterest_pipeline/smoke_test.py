"""The test that a user runs once on a new workspace, with the lines of `hostile_lines`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.errors import SmokeTestError
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.hostile_lines import HOSTILE_LINES, HostileLine
from pinterest_pipeline.micro_batch import write_outcome
from pinterest_pipeline.names import topic
from pinterest_pipeline.read import as_records

__all__ = ["Difference", "smoke_test", "verdict"]

_USER_ID = "smoke_test"
_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)

type _Outcome = Mapping[str, Any]


class Difference(NamedTuple):
    """A line with another outcome than the expected one, all as text."""

    event: str
    line: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.event} {self.line!r}: expected {self.expected}, got {self.got}"


def smoke_test(
    spark: SparkSession, folder: str, lines: Sequence[HostileLine] = HOSTILE_LINES
) -> list[Difference]:
    """Land, parse and clean `lines` in files below `folder`; write no table.

    Returns:
        The lines whose outcome differs from the expected one. Empty means pass.
    """
    run = f"{folder}/{uuid.uuid4().hex}"
    differences = []
    for event in EVENTS:
        own = [line for line in lines if line.event == event.name]
        outcomes = _outcomes(spark, event, own, run)
        for line in own:
            expected, got = _expected(line), _got(line, outcomes.get(line.line, []))
            if got != expected:
                text = line.line.decode(errors="backslashreplace")
                differences.append(Difference(event.name, text, expected, got))
    return differences


def verdict(differences: Sequence[Difference], lines: Sequence[HostileLine] = HOSTILE_LINES) -> str:
    """Return that the test of `lines` passed.

    Raises:
        SmokeTestError: Raised when there are differences; it lists them.
    """
    if differences:
        raise SmokeTestError(
            f"Expected the outcome of the tests for all {len(lines)} lines; got another for"
            f" {len(differences)}:\n"
            + "\n".join(map(str, differences))
            + "\nSee 'Other runtimes' in"
            " docs/cleaning.md, and report these lines with the version of the runtime."
        )
    return f"pass: all {len(lines)} lines have the expected outcome"


def _outcomes(
    spark: SparkSession, event: Event, lines: Sequence[HostileLine], run: str
) -> Mapping[bytes, list[_Outcome]]:
    """Return what the pipeline makes of each line; times as microseconds since 1970."""
    landed = f"{run}/topics/{topic(_USER_ID, event.name)}/partition=0"
    written = spark.createDataFrame([(line.line,) for line in lines], "value binary")
    text = written.select(F.col("value").cast("string"))  # the bytes stay as they are
    text.coalesce(1).write.option("lineSep", "\n").text(landed)
    reading = spark.read.schema("value string").option("lineSep", "\n")
    records = reading.text(landed).transform(as_records, event)
    # The outcome of a good line has no payload, so the line itself stands for its origin.
    named = records.withColumn("origin", F.hex(F.col("payload").cast("binary")))
    outcome = write_outcome(named, event, f"{run}/outcome/{event.name}")
    times = {name: F.unix_micros(name) for name, kind in outcome.dtypes if kind == "timestamp"}
    rows: defaultdict[bytes, list[_Outcome]] = defaultdict(list)
    for row in outcome.withColumns(times).collect():
        rows[bytes.fromhex(row.origin)].append(row.asDict())
    return rows


def _expected(line: HostileLine) -> str:
    return _shown(line.reason, line.values)


def _got(line: HostileLine, outcomes: Sequence[_Outcome]) -> str:
    if len(outcomes) != 1:
        return f"{len(outcomes)} records"
    outcome = outcomes[0]
    values = {name: outcome[name] for name in line.values}
    for name, value in line.values.items():
        if isinstance(value, dt.datetime) and values[name] is not None:
            values[name] = _EPOCH + dt.timedelta(microseconds=values[name])
    return _shown(outcome["reason"], values)


def _shown(reason: str | None, values: Mapping[str, object]) -> str:
    return f"rejected: {reason}" if reason is not None else f"good: {dict(values)}"
