"""Becomes a service that ends with its supervisor: `launch.py <pid> <signal> <program…>`.

This is a separate program: the supervisor may hold libraries (gRPC) that do not survive the fork
of a `preexec_fn`.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def launch(supervisor_pid: int, signal_number: int, command: list[str]) -> None:
    """Run `command`; Linux signals it when its supervisor ends, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() == supervisor_pid:  # otherwise the supervisor ended before the line above
        os.execvp(command[0], command)  # noqa: S606  # the programs that the stack is made of


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
