"""`python -m local.notebook run` as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from local.settings import ROOT
from tests.support.notebooks import write_notebook


def test_ctrl_c_stops_the_kernel_and_exports_the_notebook(
    tmp_path: Path, poll: Callable[..., object]
) -> None:
    started = tmp_path / "started"
    notebook = write_notebook(
        tmp_path / "long.ipynb",
        f"import os, pathlib; pathlib.Path({str(started)!r}).write_text(str(os.getpid()))",
        "import time; time.sleep(600)",
    )
    output = tmp_path / "output"
    environment = os.environ | {
        "PINTEREST_STATE": str(tmp_path / "state"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    command = [
        sys.executable,
        "-m",
        "local.notebook",
        "run",
        str(notebook),
        "--output",
        str(output),
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        poll(lambda: started.exists() and started.read_text(), seconds=90)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    assert not psutil.pid_exists(int(started.read_text()))
    assert (output / "long.html").exists()
