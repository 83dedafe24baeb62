"""How a notebook's kernel is started: its command, and the variables it gets."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local.notebook.links import dbfs_root, notebook_links
from local.notebook.runtime.environment import VARIABLE, Environment, Task
from local.secrets import Secrets
from local.settings import ROOT, Settings
from local.spark.session import remote

__all__ = ["COMMAND", "DISPLAY_NAME", "kernel_variables", "workspace_state"]

DISPLAY_NAME = "Pinterest pipeline (Spark Connect)"

COMMAND = [
    sys.executable,
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
    "--ext=local.notebook.runtime",
    "--HistoryManager.enabled=False",
]
"""The kernel's command; Jupyter fills in the connection file."""

_WITHOUT = ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "JUPYTER_TOKEN")


def workspace_state(settings: Settings) -> Path:
    """Return the folder of what notebooks leave in the environment: mounts, secret scopes."""
    return settings.state / "workspace"


def kernel_variables(
    settings: Settings,
    secrets: Secrets,
    *,
    parameters: Mapping[str, str] | None = None,
    folder: Path | None = None,
    task: Task | None = None,
) -> dict[str, str]:
    """Return all variables of a kernel's process: those of this one, and the environment's.

    The secrets among them are those that Spark and S3 ask for.
    """
    state = workspace_state(settings)
    for needed in (state / "ipython", dbfs_root(settings)):
        needed.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        state=state,
        links=notebook_links(settings),
        s3_endpoint=settings.landing_url,
        hidden=(str(ROOT),),
        parameters=parameters or {},
        folder=folder,
        task=task,
    )
    return {
        **{name: value for name, value in os.environ.items() if name not in _WITHOUT},
        VARIABLE: environment.model_dump_json(),
        "SPARK_REMOTE": remote(settings),
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": secrets.spark_token,
        "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": secrets.aws_secret_access_key,
        "IPYTHONDIR": str(state / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
