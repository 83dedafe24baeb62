"""The checkout's commands, run as people run them."""

from __future__ import annotations

import os
import signal
import subprocess

from pyspark.sql import SparkSession

from local.secrets import Secrets
from local.settings import ROOT, Settings
from local.spark.session import connect
from local.supervisor.state import StackState
from pinterest_pipeline.questions import QUESTIONS
from pinterest_pipeline.tables import Tables

__all__ = ["ROWS", "Checkout"]

ROWS = 1_000
"""Posts of a demo in the tests: two categories, and every shape of the rare values."""
TABLES = ("pin", "geo", "user", "rejected", *(question.name for question in QUESTIONS))


class Checkout:
    """`make` and other commands of this checkout, with own state and ports."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self.settings = settings
        self.environment = environment

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def begin(self, *command: str) -> subprocess.Popen[str]:
        """Begin a command."""
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def demo(self) -> str:
        """Run `make demo` and return what it printed."""
        done = self.run("make", "demo", f"ROWS={ROWS}")
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def pid(self, service: str) -> int:
        stack = StackState.read(self.settings.state)
        assert stack is not None
        (pid,) = [s.pid for s in stack.services if s.name == service]
        assert pid is not None
        return pid

    def kill(self, service: str) -> None:
        os.kill(self.pid(service), signal.SIGKILL)

    def spark(self) -> SparkSession:
        return connect(self.settings, Secrets.of(self.settings.state))

    @property
    def halves(self) -> dict[str, Tables]:
        """The tables of both halves."""
        settings = self.settings
        schemas = {"batch": settings.schema_name, "stream": settings.stream_schema_name}
        return {half: Tables(settings.catalog, schema) for half, schema in schemas.items()}

    def rows(self) -> dict[tuple[str, str], list[str]]:
        """Return the rows of every table but `loads`, in one order, by half and table."""
        spark = self.spark()
        return {
            (half, name): sorted(str(row) for row in tables.read(spark, name).collect())
            for half, tables in self.halves.items()
            for name in TABLES
        }
