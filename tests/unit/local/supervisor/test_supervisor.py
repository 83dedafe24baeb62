"""The supervisor, shown with small web servers as services."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.errors import PortTakenError, ServiceFailedError, StackError
from local.settings import HOST, ROOT
from local.supervisor.ports import free_port
from local.supervisor.process import _end
from local.supervisor.service import Service
from local.supervisor.supervisor import Supervisor


def web_server(name: str, **changes: object) -> Service:
    port = free_port()
    values: dict[str, object] = {
        "name": name,
        "command": [sys.executable, "-m", "http.server", str(port), "--bind", HOST],
        "port": port,
        "health_url": f"http://{HOST}:{port}/",
        **changes,
    }
    return Service(**values)  # type: ignore[arg-type]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    supervisors: list[Supervisor] = []

    def make(*services: Service) -> Supervisor:
        supervisors.append(Supervisor(services, tmp_path / "logs"))
        return supervisors[-1]

    yield make
    for supervisor in supervisors:
        supervisor.stop()


def test_starts_what_is_needed_first(supervise: Callable[..., Supervisor]) -> None:
    order: list[str] = []
    supervisor = supervise(
        web_server("second", needs=["first"], prepare=lambda: order.append("second is prepared")),
        web_server("first", after_start=lambda: order.append("first is complete")),
    )

    supervisor.start(["second"])

    assert order == ["first is complete", "second is prepared"]


def test_starts_only_what_was_asked_for(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(web_server("wanted"), web_server("other"))

    supervisor.start(["wanted"])

    assert {n: p.phase for n, p in supervisor.processes.items()} == {
        "wanted": "ready",
        "other": "waiting",
    }


def test_starts_what_has_ended_and_leaves_the_rest_alone(
    supervise: Callable[..., Supervisor],
) -> None:
    supervisor = supervise(web_server("stays"), web_server("crashes"))
    supervisor.start()
    before = {name: process.pid for name, process in supervisor.processes.items()}

    supervisor.processes["crashes"].kill()
    supervisor.start()

    after = {name: process.pid for name, process in supervisor.processes.items()}
    assert after["stays"] == before["stays"]
    assert after["crashes"] != before["crashes"]


def test_names_the_owner_of_a_taken_port(supervise: Callable[..., Supervisor]) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortTakenError) as caught:
            supervise(web_server("web", port=port)).start()

    program = psutil.Process().name()
    assert str(caught.value) == (
        f"port {port} is taken by pid {os.getpid()} ({program}); end that process, or choose "
        "another port with PINTEREST_WEB_PORT=<port>"
    )


def test_every_port_of_a_service_must_be_free(supervise: Callable[..., Supervisor]) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortTakenError, match=rf"port {port} is taken by pid {os.getpid()} .*"):
            supervise(web_server("web", other_ports={"PINTEREST_SECOND_PORT": port})).start()


def test_what_was_launched_and_not_completed_is_completed(
    supervise: Callable[..., Supervisor],
) -> None:
    reasons = ["the topic has other partitions"]

    def complete() -> None:
        if reasons:
            raise StackError(reasons.pop())

    supervisor = supervise(web_server("web", after_start=complete), web_server("other"))
    with pytest.raises(StackError, match="other partitions"):
        supervisor.start()
    before = supervisor.processes["web"].pid

    supervisor.start()

    assert {n: p.phase for n, p in supervisor.processes.items()} == {
        "web": "ready",
        "other": "ready",
    }
    assert supervisor.processes["web"].pid == before


def test_what_was_late_gets_all_its_time_anew(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    port = free_port()
    waits = textwrap.dedent(f"""
        import http.server, pathlib, time
        while not pathlib.Path({str(tmp_path / "go")!r}).exists():
            time.sleep(0.05)
        http.server.HTTPServer(("{HOST}", {port}), http.server.SimpleHTTPRequestHandler
            ).serve_forever()
    """)
    supervisor = supervise(
        web_server(
            "web",
            command=[sys.executable, "-c", waits],
            port=port,
            health_url=f"http://{HOST}:{port}/",
            start_seconds=1,
        )
    )
    with pytest.raises(ServiceFailedError, match="not ready after 1 s"):
        supervisor.start()
    (tmp_path / "go").touch()

    supervisor.start()

    assert supervisor.processes["web"].phase == "ready"


def test_the_others_are_stopped_if_one_cannot_be(
    supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervise(web_server("first"), web_server("last", needs=["first"]))
    supervisor.start()

    with monkeypatch.context() as patch:
        patch.setattr(supervisor.processes["last"], "stop", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            supervisor.stop()

    assert supervisor.processes["first"].phase == "ended"


def test_a_process_may_end_before_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        process = psutil.Process(ended.pid)
    monkeypatch.setattr(psutil, "wait_procs", lambda processes, **_: ([], processes))

    _end([process])  # raises nothing

    assert not process.is_running()


def test_a_health_url_of_somebody_else_does_not_count(
    supervise: Callable[..., Supervisor],
) -> None:
    first = web_server("first")
    impostor = web_server("second", health_url=first.health_url, port=free_port())
    supervisor = supervise(first, impostor)  # "second" listens, but not on its own port

    supervisor.start(["first"])
    supervisor.processes["second"].launch()

    assert not supervisor.processes["second"].healthy()


def test_shows_the_end_of_the_log_of_a_service_that_ended(
    supervise: Callable[..., Supervisor],
) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no disk left')"]

    with pytest.raises(ServiceFailedError, match=r"web ended with 1(.|\n)*no disk left"):
        supervise(web_server("web", command=failing)).start()


def test_a_service_that_does_not_get_ready_in_time_fails(
    supervise: Callable[..., Supervisor],
) -> None:
    idle = [sys.executable, "-c", "import signal; signal.pause()"]

    with pytest.raises(ServiceFailedError, match="web was not ready after 1 s"):
        supervise(web_server("web", command=idle, start_seconds=1)).start()


def test_an_unknown_name_is_refused(supervise: Callable[..., Supervisor]) -> None:
    with pytest.raises(StackError, match="no service 'kafka'; there are: web"):
        supervise(web_server("web")).start(["kafka"])


def test_stop_ends_descendants_and_what_ignores_a_polite_signal(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    port = free_port()
    stubborn = textwrap.dedent(f"""
        import http.server, pathlib, signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"],
                                 start_new_session=True)
        pathlib.Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
        http.server.HTTPServer(("{HOST}", {port}), http.server.SimpleHTTPRequestHandler
            ).serve_forever()
    """)
    service = web_server(
        "web",
        command=[sys.executable, "-c", stubborn],
        port=port,
        health_url=f"http://{HOST}:{port}/",
        stop_seconds=0.5,
    )
    supervisor = supervise(service)
    supervisor.start()
    child = int((tmp_path / "child").read_text())

    supervisor.stop()

    assert supervisor.processes["web"].exit_code == -signal.SIGKILL
    assert not psutil.pid_exists(child)


def test_what_a_crashed_service_has_left_is_ended_too(
    supervise: Callable[..., Supervisor], tmp_path: Path, poll: Callable[..., object]
) -> None:
    port = free_port()
    asked = tmp_path / "asked"
    orphan = textwrap.dedent(f"""
        import pathlib, signal, sys
        signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(asked)!r}).touch(), sys.exit()))
        pathlib.Path({str(tmp_path / "ready")!r}).touch()
        signal.pause()
    """)
    parent = textwrap.dedent(f"""
        import http.server, pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", {orphan!r}])
        while not pathlib.Path({str(tmp_path / "ready")!r}).exists():
            time.sleep(0.05)
        pathlib.Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
        http.server.HTTPServer(("{HOST}", {port}), http.server.SimpleHTTPRequestHandler
            ).serve_forever()
    """)
    service = web_server("web", command=[sys.executable, "-c", parent], port=port, health_url=None)
    supervisor = supervise(service)
    supervisor.start()
    child = int((tmp_path / "child").read_text())
    pid = supervisor.processes["web"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    poll(lambda: not supervisor.processes["web"].alive, what="the service to end")
    assert psutil.pid_exists(child)

    supervisor.stop()

    assert not psutil.pid_exists(child)
    assert asked.exists()


def test_nothing_outlives_a_supervisor_that_is_killed(
    tmp_path: Path, poll: Callable[..., object]
) -> None:
    port = free_port()
    program = textwrap.dedent(f"""
        import pathlib, signal, sys
        from local.supervisor.service import Service
        from local.supervisor.supervisor import Supervisor
        service = Service("web", [sys.executable, "-m", "http.server", "{port}",
                          "--bind", "{HOST}"], {port})
        supervisor = Supervisor([service], pathlib.Path({str(tmp_path)!r}))
        supervisor.start()
        print(supervisor.processes["web"].pid, flush=True)
        signal.pause()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        assert psutil.pid_exists(pid)
        supervisor.kill()

    poll(lambda: not psutil.pid_exists(pid), seconds=10, what=f"pid {pid} to end")
