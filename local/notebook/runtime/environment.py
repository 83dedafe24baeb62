"""The values that a kernel is started with: its only link to the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["VARIABLE", "KernelEnvironment", "Task"]

VARIABLE = "NOTEBOOK_ENVIRONMENT"
"""Name of the environment variable that carries a `KernelEnvironment` as JSON."""


class Task(BaseModel):
    """The job task that a notebook runs as.

    Attributes:
        key: Name of the task; its values are stored under this name.
        values: JSON file that the tasks of one run share; created by the first `set`.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    values: Path


class KernelEnvironment(BaseModel):
    """One environment as its notebooks see it. It holds no secret: variables carry those.

    Attributes:
        state: Folder for what outlives a kernel: mounts, secret scopes.
        links: URL behind each linked path, for example `/Volumes/a/b/landing` → `s3a://bucket/`.
            The link of `/` holds all other paths.
        s3_endpoint: `http(s)://host:port` of S3; null means AWS.
        s3_region: Region of the buckets.
        hidden: Folders removed from the import path once the runtime is loaded.
        parameters: Values of the notebook's widgets.
        folder: Folder of the notebook; `%run` paths are relative to it. Null means the working
            directory.
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
