"""The values that a kernel is started with: its only tie to the environment it runs in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["VARIABLE", "Environment", "Task"]

VARIABLE = "NOTEBOOK_ENVIRONMENT"
"""Name of the variable that carries an `Environment` as JSON into the kernel."""


class Task(BaseModel):
    """The job task that a notebook runs as.

    Attributes:
        key: Name of the task, under which its values are set.
        values: JSON file that the tasks of one run share; made at the first `set`.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    values: Path


class Environment(BaseModel):
    """One environment as its notebooks see it. Holds no secret: those come as variables.

    Attributes:
        state: Folder that keeps what outlives a kernel: mounts, secret scopes.
        links: Which storage stands behind a path, for example `/Volumes/a/b/landing` →
            `s3a://bucket/`. The link of `/` is where all other paths lead.
        s3_endpoint: `http(s)://host:port` of S3; null is AWS itself.
        s3_region: Region of the buckets.
        hidden: Folders taken off the notebook's import path once the runtime is loaded.
        parameters: Values of the notebook's widgets.
        folder: Folder of the notebook: what `%run` paths are relative to.
        task: Null outside a job.
    """

    model_config = ConfigDict(frozen=True)

    state: Path
    links: Mapping[str, str]
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    hidden: tuple[str, ...] = ()
    parameters: Mapping[str, str] = Field(default_factory=dict)
    folder: Path | None = None
    task: Task | None = None
