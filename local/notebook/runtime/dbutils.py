"""`dbutils`, assembled from its utilities, and `dbutils.notebook`."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import NoReturn

from local.notebook.runtime.environment import KernelEnvironment
from local.notebook.runtime.secrets import DbutilsSecrets
from local.notebook.runtime.storage import MountTable, PathView, Storage
from local.notebook.runtime.task_values import Jobs
from local.notebook.runtime.utility import Utility
from local.notebook.runtime.widgets import Widgets

__all__ = ["DbUtils", "Notebook", "NotebookExit"]


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; its text is the notebook's exit value.

    It is not an `Exception`, so that `except Exception` in a notebook does not catch it.
    """


class Notebook(Utility):
    """`dbutils.notebook`."""

    _path = "dbutils.notebook"

    def exit(self, value: str) -> NoReturn:
        """End the notebook successfully with an exit value. Later cells do not run.

        Raises:
            NotebookExit: Always.
        """
        raise NotebookExit(str(value))


class DbUtils(Utility):
    """The utilities of one notebook.

    Args:
        environment: The environment of the kernel.
        mounts: The mounts of the environment.
        refresh_session: Sets the current mounts in the Spark session.
    """

    def __init__(
        self,
        environment: KernelEnvironment,
        mounts: MountTable,
        refresh_session: Callable[[], object],
    ) -> None:
        self._environment = environment
        self._mounts = mounts
        self._refresh_session = refresh_session
        self.widgets = Widgets(environment.parameters)
        self.notebook = Notebook()
        self.secrets = DbutilsSecrets(environment.state)
        self.jobs = Jobs(environment.task)

    @cached_property
    def fs(self) -> Utility:
        """`dbutils.fs`, created at first use."""
        from local.notebook.runtime.fs import Fs  # noqa: PLC0415  # importing pyarrow is slow

        storage = Storage(
            s3_endpoint=self._environment.s3_endpoint,
            s3_region=self._environment.s3_region,
            access_key=os.environ.get("AWS_ACCESS_KEY_ID"),
            secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY"),
        )
        view = PathView(lambda: {**self._environment.links, **self._mounts.links()}, storage)
        return Fs(view, self._mounts, self._refresh_session)
