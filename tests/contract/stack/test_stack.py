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

from local.settings import ROOT
from local.supervisor.ports import free_port
from local.supervisor.state import StackState
from local.temporary import free_ports

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "stack"


@pytest.fixture
def stack(state: Path) -> Iterator[Command]:
    proxies = {"http_proxy", "no_proxy", "NO_PROXY"}
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PINTEREST_") and name not in proxies
        },
        "PINTEREST_STATE": str(state),
        "COLUMNS": "200",
        # No service may be asked by way of a proxy: here it would not be reached.
        "http_proxy": f"http://127.0.0.1:{free_port()}",
        **{f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()},
    }

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local.services", *arguments],
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


def test_a_taken_port_is_named_and_another_one_is_the_remedy(stack: Command, state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        try:
            assert owner.stdout is not None
            taken = owner.stdout.readline().split("port ")[1].split()[0]
            failed = stack("up", PINTEREST_API_GATEWAY_PORT=taken)
            free = str(free_port())
            up = stack("up", PINTEREST_API_GATEWAY_PORT=free)
        finally:
            owner.kill()

    assert failed.returncode == 1
    assert f"port {taken} is taken by pid {owner.pid}" in failed.stderr
    assert "PINTEREST_API_GATEWAY_PORT=<port>" in failed.stderr
    assert up.returncode == 0, up.stderr
    assert stack("status").stdout.count("healthy") == len(pids(state))
    assert f"127.0.0.1:{free}" in up.stdout


def test_a_wrong_setting_is_named(stack: Command) -> None:
    status = stack("status", PINTEREST_BROKER_PORT="abc")

    assert status.returncode == 1
    assert status.stderr.startswith("error: PINTEREST_BROKER_PORT is 'abc': ")
    assert "Traceback" not in status.stderr
