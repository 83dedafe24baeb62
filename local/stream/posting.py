"""Posts at random, as users do, while something else runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.errors import StackError
from local.secrets import Secrets
from local.settings import ROOT, Settings
from local.supervisor.process import launcher

__all__ = ["posting"]

_STOP_SECONDS = 30


@contextmanager
def posting(settings: Settings, secrets: Secrets, rate: float) -> Iterator[subprocess.Popen[bytes]]:
    """Let the emulator send random posts to Kinesis, `rate` per second, until the end.

    Yields:
        Its process; what it says is in the log folder.

    Raises:
        StackError: Raised when it ends by itself.
    """
    log = settings.logs / "stream_emulator.log"
    command = [sys.executable, "user_posting_emulation.py", "--to", "kinesis"]
    with log.open("wb") as said:
        emulator = subprocess.Popen(
            [*launcher(signal.SIGTERM), *command, "--random", "--forever", "--rate", str(rate)],
            cwd=ROOT,
            env={
                **os.environ,
                "PINTEREST_API": settings.api_url,
                "PINTEREST_API_KEY": secrets.api_key,
                "PINTEREST_USER_ID": settings.user_id,
                "PINTEREST_EMULATOR_STATE": str(settings.state / "emulator"),
            },
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for us, who end it in our time
        )
    try:
        yield emulator
    finally:
        by_itself = emulator.poll()
        if by_itself is None:
            emulator.send_signal(signal.SIGINT)
            emulator.wait(_STOP_SECONDS)
    if by_itself is not None:
        raise StackError(f"the emulator ended with {by_itself}; {log} tells why")
