"""The peak of a child's memory, which is neither its last nor its parent's; what lives in a JVM."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from benchmarks.memory import live_megabytes, peak_megabytes, peak_of_children, run_measuring
from local.supervisor.waiting import wait_until

_MEGABYTE = 2**20
_TAKES_AND_GIVES_BACK = """
big = b"x" * (100 * 2**20)
del big
print("done", flush=True)
input()
"""
_HAS_TWO_CHILDREN = """
import subprocess, sys
own = b"x" * (300 * 2**20)
child = [sys.executable, "-c", "big = b'x' * (60 * 2**20); input()"]
children = [subprocess.Popen(child, stdin=subprocess.PIPE) for _ in range(2)]
input()
for process in children:
    process.communicate(b"\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody keeps the peak")
def test_the_peak_stays_when_memory_is_given_back_and_is_not_the_parents() -> None:
    own = b"x" * (300 * _MEGABYTE)

    with subprocess.Popen(
        [sys.executable, "-c", _TAKES_AND_GIVES_BACK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        peak = peak_megabytes(psutil.Process(child.pid))
        child.communicate("\n")

    assert 100 < peak < 200
    assert len(own) == 300 * _MEGABYTE


def test_a_child_is_measured_to_its_end() -> None:
    program = "big = b'x' * (50 * 2**20); import asyncio; raise SystemExit(3)"
    child = psutil.Popen([sys.executable, "-c", program])

    peak = run_measuring(child)

    assert peak > 0
    assert child.returncode == 3


def test_the_children_are_measured_together_and_not_their_parent() -> None:
    # A parent of its own: other tests' services are children of this process.
    with subprocess.Popen(
        [sys.executable, "-c", _HAS_TWO_CHILDREN], stdin=subprocess.PIPE, text=True
    ) as parent:
        with peak_of_children(psutil.Process(parent.pid)) as peak:
            wait_until(lambda: peak.megabytes > 120, seconds=30, description="both children")
        parent.communicate("\n")

    assert peak.megabytes < 200


def test_the_live_heap_is_the_total_of_the_last_histogram(monkeypatch: pytest.MonkeyPatch) -> None:
    heaps = iter([209_715_200, 104_857_600])

    def jcmd(command: list[str], **_: object) -> SimpleNamespace:
        assert command == ["jcmd", "7", "GC.class_histogram"]
        table = f"""7:
 num     #instances         #bytes  class name (module)
-------------------------------------------------------
   1:        123456       89000000  [B (java.base@17.0.1)
Total        234567      {next(heaps)}
"""
        return SimpleNamespace(stdout=table)

    monkeypatch.setattr(subprocess, "run", jcmd)

    assert live_megabytes(cast("psutil.Process", SimpleNamespace(pid=7))) == 100
