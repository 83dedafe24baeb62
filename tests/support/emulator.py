"""The emulator's command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.secrets import Secrets
from local.settings import ROOT, Settings

POSTS = 300


class Emulator:
    """Starts the command with the settings of the environment under test."""

    def __init__(self, settings: Settings, secrets: Secrets, state: Path, source: str) -> None:
        self.options = ["--source", source, "--rows", str(POSTS)]
        self.environment = {
            **os.environ,
            "PINTEREST_API": settings.api_url,
            "PINTEREST_API_KEY": secrets.api_key,
            "PINTEREST_EMULATOR_STATE": str(state),
        }

    def start(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "user_posting_emulation.py", *self.options, *options],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __call__(self, *options: str) -> tuple[int, str]:
        """Return exit code and output."""
        process = self.start(*options)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output
