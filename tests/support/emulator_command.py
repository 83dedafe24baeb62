"""The emulator's command, run in the process of a test."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from emulation.cli import app


class Command:
    """Runs the command with an environment of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *options: str) -> Result:
        return CliRunner().invoke(app, options, env=self.environment)
