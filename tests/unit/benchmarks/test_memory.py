"""The peak of a child's memory, which is neither its last nor its parent's."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from benchmarks.memory import peak_megabytes, run_measuring

_MEGABYTE = 2**20
_TAKES_AND_GIVES_BACK = """
big = b"x" * (100 * 2**20)
del big
print("done", flush=True)
input()
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
