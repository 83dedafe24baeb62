"""The supervisor in the background, with small servers as services."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from local.errors import StackError
from local.settings import ROOT
from local.supervisor import daemon
from local.supervisor.daemon import Daemon
from local.supervisor.ports import HOST, free_port
from local.supervisor.state import StackState, supervisor_lock
from tests.conftest import Poll

# Each service touches <name>.ready in the folder STATE when it is ready.
SUPERVISOR = textwrap.dedent("""
    import os, pathlib, sys
    from local.supervisor.daemon import supervise
    from local.supervisor.process import Service

    state = pathlib.Path(os.environ["STATE"])
    environment = {name: os.environ[name] for name in ("FIRST_PORT", "SECOND_PORT")}
    serve = "import socket, signal, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1])))"
    services = [
        Service(
            name=name,
            command=[sys.executable, "-I", "-c", f"{serve}; signal.pause()", os.environ[port]],
            ports={port: int(os.environ[port])},
            on_ready=(state / f"{name}.ready").touch,
        )
        for name, port in {"first": "FIRST_PORT", "second": "SECOND_PORT"}.items()
    ]
    supervise(services, state=state, logs=state / "logs", environment=environment)
""")


@pytest.fixture
def background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setenv("STATE", str(tmp_path))
    yield Daemon(
        state=tmp_path,
        logs=tmp_path / "logs",
        environment={"FIRST_PORT": str(free_port()), "SECOND_PORT": str(free_port())},
        command=[sys.executable, "-c", SUPERVISOR],
        working_folder=ROOT,
    )
    daemon.stop(tmp_path)


@pytest.fixture
def listener(background: Daemon) -> Iterator[socket.socket]:
    """Another process's listener on the second service's port."""
    with socket.create_server((HOST, int(background.environment["SECOND_PORT"]))) as listener:
        yield listener


def start(background: Daemon) -> StackState:
    return daemon.start(background, lambda _: None)


def with_variable(background: Daemon, name: str, value: str) -> Daemon:
    return replace(background, environment={**background.environment, name: value})


def test_the_logs_of_running_services_stay_small(background: Daemon, poll: Poll) -> None:
    start(background)
    log = background.logs / "first.log"
    os.truncate(log, 10_000_001)

    poll(lambda: log.stat().st_size == 0, what="a log that moved aside")
    assert (background.logs / "first.log.1").stat().st_size == 10_000_001


def test_services_survive_a_full_disk(background: Daemon, poll: Poll) -> None:
    state = start(background)
    supervisor, (first, second) = state.supervisor_pid, state.services
    assert first.pid is not None
    limits = resource.prlimit(supervisor, resource.RLIMIT_FSIZE)
    resource.prlimit(supervisor, resource.RLIMIT_FSIZE, (0, limits[1]))
    before = background.state.stat().st_mtime_ns
    os.kill(first.pid, signal.SIGKILL)
    poll(lambda: background.state.stat().st_mtime_ns != before, what="an attempt to write")
    resource.prlimit(supervisor, resource.RLIMIT_FSIZE, limits)

    def shown() -> list[str]:
        running = StackState.of_running(background.state)
        return [service.phase for service in running.services] if running else []

    poll(lambda: shown() == ["ended", "ready"], what="the state after space was freed")
    assert psutil.pid_exists(second.pid or 0)


def test_starts_and_stops(background: Daemon) -> None:
    state = start(background)

    assert [service.phase for service in state.services] == ["ready", "ready"]
    assert daemon.stop(background.state)
    assert not psutil.pid_exists(state.supervisor_pid) or (
        psutil.Process(state.supervisor_pid).status() == psutil.STATUS_ZOMBIE
    )
    assert not daemon.stop(background.state)


def test_the_next_start_completes_a_failed_start(
    background: Daemon, listener: socket.socket
) -> None:
    port = background.environment["SECOND_PORT"]
    with pytest.raises(StackError, match=f"port {port} is taken"):
        start(background)
    listener.close()

    start(background)
    ready = {path.stem for path in background.state.glob("*.ready")}
    assert ready == {"first", "second"}


@pytest.mark.usefixtures("listener")
def test_a_failed_start_can_be_repeated_with_other_settings(background: Daemon) -> None:
    with pytest.raises(StackError, match="SECOND_PORT=<port>"):
        start(background)
    port = free_port()

    state = start(with_variable(background, "SECOND_PORT", str(port)))

    assert {s.name: s.port for s in state.services if s.healthy} == {
        "first": int(background.environment["FIRST_PORT"]),
        "second": port,
    }


def test_a_running_stack_keeps_its_settings(background: Daemon) -> None:
    before = start(background)

    with pytest.raises(StackError, match=r"FIRST_PORT=\d+ and not '77'; `make down`"):
        start(with_variable(background, "FIRST_PORT", "77"))

    after = start(background)
    assert [s.pid for s in after.services] == [s.pid for s in before.services]


def test_reports_a_supervisor_that_ends_at_once(background: Daemon) -> None:
    failing = replace(background, command=[sys.executable, "-c", "raise SystemExit('no')"])

    with pytest.raises(StackError, match=r"the supervisor ended; see .*supervisor\.log"):
        start(failing)


def test_reports_another_command_that_starts_the_same_stack(background: Daemon) -> None:
    with (
        supervisor_lock(background.state),
        pytest.raises(StackError, match="another command is starting this stack"),
    ):
        start(background)
