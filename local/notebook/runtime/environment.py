"""The values that a kernel is started with: its only link to the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["VARIABLE", "JobTask", "KernelEnvironment"]

VARIABLE = "NOTEBOOK_ENVIRONMENT"
"""Name of the environment variable that carries a `KernelEnvironment` as JSON."""


class JobTask(BaseModel):
    """The task of a job that a notebook runs as.

    Attributes:
        key: Its name in the job.
        values: File with the task values of the job's run.
        sites: Folders of the task's unpacked wheels, which are on the import path.
        packages: Top-level packages of these wheels. Spark gets their functions by value, because
            its server does not have them.
        volumes: URL behind the path of each volume that the Spark server does not link.
        session_id: Id of its Spark session, by which others can end it; null for any.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    values: Path
    sites: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()
    volumes: Mapping[str, str] = Field(default_factory=dict)
    session_id: str | None = None


class KernelEnvironment(BaseModel):
    """One environment as its notebooks see it. It holds no secret: variables carry those.

    Attributes:
        state: Folder for what outlives a kernel: mounts, secret scopes.
        links: URL behind each linked path, for example `/Volumes/a/b/landing` → `s3a://bucket/`.
            The link of `/` holds all other paths.
        s3_endpoint: `http(s)://host:port` of S3.
        hidden: Folders removed from the import path once the runtime is loaded.
        parameters: Values of the notebook's widgets.
        by_notebook: The same for each notebook that JupyterLab may open, by its name.
        folder: Folder of the notebook; `%run` paths are relative to it. Null means the working
            directory.
        task: Null outside a job.
    """

    model_config = ConfigDict(frozen=True)

    state: Path
    links: Mapping[str, str]
    s3_endpoint: str
    hidden: tuple[str, ...] = ()
    parameters: Mapping[str, str] = Field(default_factory=dict)
    by_notebook: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    folder: Path | None = None
    task: JobTask | None = None
