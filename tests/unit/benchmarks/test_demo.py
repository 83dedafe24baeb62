"""The executions of Spark, counted in its event logs."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.demo import executions_in

_UI = "org.apache.spark.sql.execution.ui"


def test_only_the_start_of_an_execution_counts(tmp_path: Path) -> None:
    start = {"Event": f"{_UI}.SparkListenerSQLExecutionStart", "executionId": 0}
    end = {"Event": f"{_UI}.SparkListenerSQLExecutionEnd", "executionId": 0}
    named: dict[str, object] = {
        "Event": "SparkListenerJobStart",
        "Properties": {"of": start["Event"]},
    }
    logs: dict[str, list[dict[str, object]]] = {
        "local-1": [start, start, end],
        "local-2.inprogress": [start, named],
    }
    for name, events in logs.items():
        (tmp_path / name).write_text("".join(f"{json.dumps(event)}\n" for event in events))
    with (tmp_path / "local-2.inprogress").open("a") as log:
        log.write(json.dumps(end)[:-5])  # a server that was killed cuts off its last line
    (tmp_path / ".local-1.crc").write_bytes(b"\xff")

    assert executions_in(tmp_path) == 3
