"""The whole stack by its commands: up, status, down, and recovery from killed processes.

The tests share one stack. Each begins with `up`, which changes nothing if the stack is up.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest

from local.settings import ROOT
from local.supervisor.ports import free_port
from local.supervisor.state import StackState
from local.temporary import free_ports
from tests.support.listeners import answers, listeners
from tests.support.services import Poll

OPEN = {
    ("broker", "Kafka's protocol"): "No page speaks it. On AWS, MSK asks for an IAM sign-in.",
}
"""What the stack answers without credentials, and why it may."""

type Result = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Stack:
    """The commands of one stack."""

    state: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **changes: str) -> Result:
        """Run a command; `changes` are environment variables."""
        return subprocess.run(
            [sys.executable, "-m", "local.services", *arguments],
            cwd=ROOT,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> Result:
        result = self.run("up")
        assert result.returncode == 0, result.stderr
        return result

    def pids(self) -> dict[str, int]:
        """Return the pid of each service."""
        stack = StackState.read(self.state)
        assert stack is not None
        return {service.name: service.pid for service in stack.services if service.pid is not None}

    def processes(self) -> list[psutil.Process]:
        """Return the supervisor, its services and all their descendants."""
        stack = StackState.read(self.state)
        assert stack is not None
        supervisor = psutil.Process(stack.supervisor_pid)
        return [supervisor, *supervisor.children(recursive=True)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    proxies = {"http_proxy", "no_proxy", "NO_PROXY"}
    state = tmp_path_factory.mktemp("state") / "stack"
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PINTEREST_") and name not in proxies
    }
    stack = Stack(
        state,
        {
            **inherited,
            "PINTEREST_STATE": str(state),
            "COLUMNS": "200",
            # Nobody listens here: a request to a service by way of a proxy would fail.
            "http_proxy": f"http://127.0.0.1:{free_port()}",
            **{f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()},
        },
    )
    yield stack
    stack.run("down")


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_the_stack_starts_on_the_ports_of_its_settings(stack: Stack) -> None:
    up = stack.up()

    assert f"127.0.0.1:{stack.environment['PINTEREST_API_GATEWAY_PORT']}" in up.stdout
    assert stack.run("status").stdout.count("healthy") == len(stack.pids())


def test_no_port_answers_without_credentials_or_to_a_foreign_page(stack: Stack) -> None:
    stack.up()

    ports = {p for name, pid in stack.pids().items() for p in listeners(name, pid)}
    assert {listener.service for listener in ports} == stack.pids().keys()
    answered = {kind for port in ports for kind in ((port.service, a) for a in answers(port))}
    assert answered == OPEN.keys()
    assert {
        ip_address(listener.address.removeprefix("::ffff:")).is_loopback for listener in ports
    } == {True}


def test_only_the_owner_can_enter_the_state_folder(stack: Stack) -> None:
    stack.up()

    assert list(open_folders(stack.state)) == []


def open_folders(state: Path) -> Iterator[str]:
    """Yield each folder that others may enter; services create and remove folders meanwhile."""
    for folder, _, _ in os.walk(state):
        with suppress(FileNotFoundError):
            if stat.S_IMODE(Path(folder).stat().st_mode) & 0o077:
                yield folder


def test_up_restarts_a_killed_service_and_no_other(stack: Stack) -> None:
    stack.up()
    before = stack.pids()

    os.kill(before["connect"], signal.SIGKILL)
    status_after_kill = stack.run("status")
    stack.up()
    status_after_up = stack.run("status")

    assert status_after_kill.returncode == 1
    assert status_after_up.returncode == 0, status_after_up.stdout
    assert status_after_up.stdout.count("healthy") == len(before)
    after = stack.pids()
    assert after.pop("connect") != before.pop("connect")
    assert after == before


def test_no_process_is_left_after_the_supervisor_is_killed(stack: Stack, poll: Poll) -> None:
    stack.up()
    started = stack.processes()

    started[0].kill()

    poll(lambda: are_gone(started), seconds=60)
    assert "The stack is not up" in stack.run("status").stdout
    stack.up()


def test_down_leaves_no_process(stack: Stack) -> None:
    stack.up()
    started = stack.processes()

    down = stack.run("down")

    assert down.stdout == "The stack is down.\n"
    assert are_gone(started)
    assert stack.run("down").stdout == "The stack was not up.\n"
