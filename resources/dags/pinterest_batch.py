"""Run the Databricks job `clean_landing` once a day.

The job cleans what has landed and answers the questions. It is
idempotent: a repeated run changes nothing.

| what | value |
|---|---|
| connection | `databricks_default` |
| job | the Airflow Variable `pinterest_job_name`, for example `clean_landing` |
| job parameters | the configuration of the DAG run, for example `{"user_id": "demo"}` |

**When a run fails:** open the task's log. It has the error of the notebook and the link to the
job run. Fix the cause and clear the task. A retry or a cleared task starts a new job run.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.databricks.operators.databricks import DatabricksRunNowOperator
from airflow.sdk import DAG

if TYPE_CHECKING:
    from airflow.sdk.types import RuntimeTaskInstanceProtocol


def idempotency_token(job_name: str, ti: RuntimeTaskInstanceProtocol) -> str:
    """Return the token of one try: Databricks starts at most one job run for it.

    Its length is 43 characters or a few more; Databricks accepts 64.
    """
    task = "/".join((job_name, ti.dag_id, ti.run_id, ti.task_id))
    return f"{hashlib.sha256(task.encode()).hexdigest()[:40]}-t{ti.try_number}"


def job_parameters(configuration: dict[str, Any] | None) -> dict[str, str]:
    """Return the configuration of a DAG run as job parameters; other values than text as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (configuration or {}).items()
    }


with DAG(
    dag_id="pinterest_batch",
    description="Runs the Databricks job that cleans the landing bucket and answers the questions.",
    doc_md=__doc__,
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    # Airflow 3 does not apply a task's execution_timeout while the task is deferred.
    dagrun_timeout=timedelta(hours=8),
    tags=["pinterest", "databricks", "batch"],
    # Job parameters are a dict, which a template without native objects would make a text.
    render_template_as_native_obj=True,
    user_defined_macros={
        "idempotency_token": idempotency_token,
        "job_parameters": job_parameters,
    },
    default_args={
        "owner": "pinterest-pipeline",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=2),
    },
) as dag:
    DatabricksRunNowOperator(
        task_id="run_job",
        databricks_conn_id="databricks_default",
        # Templates are rendered when the task runs: parsing this file reads no Variable.
        job_name="{{ var.value.pinterest_job_name }}",
        job_parameters="{{ job_parameters(dag_run.conf) }}",
        idempotency_token="{{ idempotency_token(var.value.pinterest_job_name, ti) }}",  # noqa: S106  # a template
        deferrable=True,
        polling_period_seconds=5,
    )
