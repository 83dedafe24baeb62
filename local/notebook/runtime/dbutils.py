"""`dbutils`, put together from its utilities."""

from __future__ import annotations

import os
from functools import cached_property

from .environment import Environment
from .errors import Utility
from .mounts import MountTable
from .notebook import Notebook
from .secrets import Secrets
from .session import LazySession
from .task_values import Jobs
from .widgets import Widgets

__all__ = ["DbUtils"]


class DbUtils(Utility):
    """The utilities of one notebook."""

    def __init__(self, environment: Environment, mounts: MountTable, spark: LazySession) -> None:
        self._environment = environment
        self._mounts = mounts
        self._spark = spark
        self.widgets = Widgets(environment.parameters)
        self.notebook = Notebook()
        self.secrets = Secrets(environment.state / "secret_scopes.json")
        self.jobs = Jobs(environment.task)

    @cached_property
    def fs(self) -> Utility:
        """`dbutils.fs`; made at its first use, for what it needs takes a moment to import."""
        from .fs import Fs  # noqa: PLC0415
        from .paths import Storage, View  # noqa: PLC0415

        storage = Storage(
            self._environment.s3_endpoint,
            self._environment.s3_region,
            os.environ.get("AWS_ACCESS_KEY_ID"),
            os.environ.get("AWS_SECRET_ACCESS_KEY"),
        )
        view = View(lambda: {**self._environment.links, **self._mounts.links()}, storage)
        return Fs(view, self._mounts, self._spark.refresh_mounts)
