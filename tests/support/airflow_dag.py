"""Reads and runs the DAG in this process: `airflow_dag.py <result>`, with Airflow's own Python.

The input is a JSON list of DAG runs: their job, connection, moment and configuration. The result
is a JSON file with the errors of the import, the properties of the DAG, and the states of its runs.
A run has one try and asks often, because a retry waits for minutes. A record separator (U+001E)
precedes the log of each run.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

from airflow.dag_processing.dagbag import DagBag  # type: ignore[import-not-found]  # not installed
from airflow.sdk import DAG  # type: ignore[import-not-found]  # not installed


def properties(dag: DAG) -> dict[str, object]:
    """Return what the tests compare, as values that JSON has."""
    (task,) = dag.tasks
    return {
        "schedule": dag.schedule,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "hours": dag.dagrun_timeout.total_seconds() / 3_600,
        "tags": sorted(dag.tags),
        "owner": dag.owner,
        "documented": "clean_landing" in dag.doc_md,
        "tokens": [token(dag, "job", 1), token(dag, "job", 12), token(dag, "other", 1)],
        "task": {
            "operator": type(task).__name__,
            "connection": task.databricks_conn_id,
            "deferrable": task.deferrable,
            "retries": task.retries,
            "retry_minutes": task.retry_delay.total_seconds() / 60,
            "backoff": task.retry_exponential_backoff,
            "hours": task.execution_timeout.total_seconds() / 3_600,
        },
    }


def token(dag: DAG, job: str, try_number: int) -> str:
    """Return the idempotency token of a try, in a DAG run with the longest possible id."""
    task = SimpleNamespace(dag_id=dag.dag_id, run_id="r" * 250, task_id="run_job")
    task.try_number = try_number
    return str(dag.user_defined_macros["idempotency_token"](job, task))


def run(job: str, connection: str, moment: str, configuration: dict[str, object]) -> str:
    """Return the final state of one run of the DAG; its log goes to the output."""
    os.environ["AIRFLOW_CONN_DATABRICKS_DEFAULT"] = connection
    os.environ["AIRFLOW_VAR_PINTEREST_JOB_NAME"] = job
    dag = read()[0]
    task = dag.task_dict["run_job"]
    task.retries, task.polling_period_seconds = 0, 1
    at = datetime.fromisoformat(moment)
    print("\x1e", end="", flush=True)  # noqa: T201  # the log is the output
    return str(dag.test(run_after=at, logical_date=at, run_conf=configuration).state.value)


def read() -> tuple[DAG, dict[str, str]]:
    """Return the DAG, freshly parsed, and the errors of the import by file."""
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    return bag.dags.get("pinterest_batch"), bag.import_errors


def main(result: Path) -> None:
    """Write the result for the DAG runs of the input."""
    dag, errors = read()
    states = [run(**asked) for asked in json.loads(sys.stdin.read())]
    content = {"errors": errors, "properties": properties(dag) if dag else None, "states": states}
    result.write_text(json.dumps(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
