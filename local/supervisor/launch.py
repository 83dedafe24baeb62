"""Becomes a service that ends with its supervisor: `launch.py <pid> <signal> <program…>`.

A program of its own, because the supervisor may hold libraries (gRPC) that do not survive the
fork that a `preexec_fn` would need.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def launch(supervisor_pid: int, signal_number: int, command: list[str]) -> None:
    """Have Linux signal this process when its supervisor ends, even by kill -9; run `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() == supervisor_pid:  # else it has ended before the line above
        os.execvp(command[0], command)  # noqa: S606  # the programs that the stack is made of


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
