"""The whole stack by its commands: up, status, down, and what happens when something is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.stack.settings import ROOT
from local.stack.state import StackState
from local.stack.temporary import free_ports

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "stack"


@pytest.fixture
def stack(state: Path) -> Iterator[Command]:
    environment = {
        **os.environ,
        "PINTEREST_STATE": str(state),
        "COLUMNS": "200",
        **{f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()},
    }

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local.stack", *arguments],
            cwd=ROOT,
            env={**environment, **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    run("down")


def pids(state: Path) -> dict[str, int]:
    """Return the pid of each service."""
    stack = StackState.read(state)
    assert stack is not None
    return {service.name: service.pid for service in stack.services if service.pid is not None}


def processes_of(state: Path) -> list[psutil.Process]:
    """Return the supervisor, its services and all that descends from them."""
    stack = StackState.read(state)
    assert stack is not None
    supervisor = psutil.Process(stack.supervisor_pid)
    return [supervisor, *supervisor.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_down_leaves_no_process(stack: Command, state: Path) -> None:
    up = stack("up")
    assert up.returncode == 0, up.stderr
    started = processes_of(state)

    down = stack("down")

    assert down.stdout == "The stack is down.\n"
    assert gone(started)
    assert stack("down").stdout == "The stack was not up.\n"


def test_up_starts_what_was_killed_and_leaves_the_rest_alone(stack: Command, state: Path) -> None:
    stack("up")
    before = pids(state)

    os.kill(before["connect"], signal.SIGKILL)
    ill = stack("status")
    again = stack("up")
    well = stack("status")

    assert ill.returncode == 1
    assert again.returncode == 0, again.stderr
    assert well.returncode == 0, well.stdout
    assert well.stdout.count("healthy") == len(before)
    after = pids(state)
    assert after.pop("connect") != before.pop("connect")
    assert after == before


def test_nothing_is_left_when_the_supervisor_is_killed(
    stack: Command, state: Path, poll: Callable[..., object]
) -> None:
    stack("up")
    started = processes_of(state)

    started[0].kill()

    poll(lambda: gone(started), seconds=60, what="every process of the stack to end")
    assert "The stack is not up" in stack("status").stdout
    assert stack("up").returncode == 0


def test_a_taken_port_is_named_with_its_owner(stack: Command) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        try:
            assert owner.stdout is not None
            port = owner.stdout.readline().split("port ")[1].split()[0]
            up = stack("up", PINTEREST_SPARK_PORT=port)
        finally:
            owner.kill()

    assert up.returncode == 1
    message = " ".join(up.stderr.split())
    assert f"port {port} is taken by pid {owner.pid}" in message
    assert "PINTEREST_SPARK_PORT=<port>" in message
