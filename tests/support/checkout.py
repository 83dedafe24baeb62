"""The commands of this checkout, run as a user runs them."""

from __future__ import annotations

import os
import signal
import subprocess

from pyspark.sql import SparkSession

from local.secrets import Secrets
from local.settings import ROOT, Settings
from local.spark.session import connect
from local.supervisor.state import StackState
from pinterest_pipeline.tables import Tables

__all__ = ["ROWS", "Checkout"]

ROWS = 1_000
"""Posts of a demo in the tests: two categories, and every kind of rare value."""


class Checkout:
    """Runs `make` and other commands with a state folder and ports of its own."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self.settings = settings
        self.environment = environment

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command and wait for its end."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command."""
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
    def pipelines(self) -> dict[str, Tables]:
        """The tables of both pipelines."""
        settings = self.settings
        schemas = {"batch": settings.schema_name, "stream": settings.stream_schema_name}
        return {pipeline: Tables(settings.catalog, schema) for pipeline, schema in schemas.items()}
