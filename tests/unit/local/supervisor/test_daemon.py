"""The supervisor in the background, shown with small web servers as services."""

from __future__ import annotations

import socket
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.errors import StackError
from local.settings import HOST, Settings
from local.supervisor import daemon
from local.supervisor.lock import supervisor_lock
from local.supervisor.state import StackState
from local.temporary import free_ports

SUPERVISOR = textwrap.dedent("""
    import sys
    from local.supervisor.daemon import supervise
    from local.supervisor.service import Service
    from local.settings import Settings

    settings = Settings()

    def web(name, port):
        serve = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        return Service(name, serve, port, after_start=(settings.state / f"{name}.done").touch)

    supervise(settings, [web("landing", settings.landing_port), web("spark", settings.spark_port)])
""")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(daemon, "_SUPERVISOR", [sys.executable, "-c", SUPERVISOR])
    made = Settings(state=tmp_path, **free_ports())  # type: ignore[arg-type]  # they are ports
    yield made
    daemon.end(made)


@pytest.fixture
def taken(settings: Settings) -> Iterator[socket.socket]:
    """Somebody else's listener on Spark's port."""
    with socket.create_server((HOST, settings.spark_port)) as listener:
        yield listener


def begin(settings: Settings) -> StackState:
    return daemon.begin(settings, lambda _: None)


def test_begins_and_ends(settings: Settings) -> None:
    state = begin(settings)

    assert state.ready
    assert daemon.end(settings)
    assert not psutil.pid_exists(state.supervisor_pid) or (
        psutil.Process(state.supervisor_pid).status() == psutil.STATUS_ZOMBIE
    )
    assert not daemon.end(settings)


def test_a_start_that_failed_is_completed_by_the_next(
    settings: Settings, taken: socket.socket
) -> None:
    with pytest.raises(StackError, match=f"port {settings.spark_port} is taken"):
        begin(settings)
    taken.close()

    assert begin(settings).ready
    assert {done.name for done in settings.state.glob("*.done")} == {"landing.done", "spark.done"}


@pytest.mark.usefixtures("taken")
def test_a_setting_may_be_the_remedy_of_a_start_that_failed(settings: Settings) -> None:
    with pytest.raises(StackError, match="PINTEREST_SPARK_PORT=<port>"):
        begin(settings)
    elsewhere = settings.model_copy(update={"spark_port": free_ports()["spark_port"]})

    state = begin(elsewhere)

    assert {s.name: s.port for s in state.services if s.healthy} == {
        "landing": settings.landing_port,
        "spark": elsewhere.spark_port,
    }


def test_a_stack_that_is_up_keeps_its_settings(settings: Settings) -> None:
    before = begin(settings)

    with pytest.raises(StackError, match=r"PINTEREST_FLUSH_SIZE=5000 and not '77'; `make down`"):
        begin(settings.model_copy(update={"flush_size": 77}))

    again = begin(settings.model_copy(update={"jupyter_port": 28888}))  # no service reads it
    assert [s.pid for s in again.services] == [s.pid for s in before.services]


def test_a_supervisor_that_ends_at_once_is_noticed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_SUPERVISOR", [sys.executable, "-c", "raise SystemExit('no')"])

    with pytest.raises(StackError, match=r"the supervisor ended; see .*supervisor\.log"):
        begin(settings)


def test_two_commands_that_start_the_same_stack(settings: Settings) -> None:
    with (
        supervisor_lock(settings.state),
        pytest.raises(StackError, match="another command is starting this stack"),
    ):
        begin(settings)
