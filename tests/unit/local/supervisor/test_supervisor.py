"""The supervisor, with small servers as services."""

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

from local.errors import StackError
from local.settings import ROOT
from local.supervisor.ports import HOST, free_port
from local.supervisor.process import Service, _end, inherited_environment
from local.supervisor.supervisor import Supervisor
from tests.support.services import Poll

type Supervise = Callable[..., Supervisor]

# Listens on the port in its first argument and answers every request with 200.
SERVE = textwrap.dedent("""
    import socket, sys
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
        connection.close()
""")


def python(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program, *map(str, arguments)]


def web_server(name: str, *, before: str = "", **changes: object) -> Service:
    """Return a service that runs `before` and then serves."""
    port = free_port()
    values: dict[str, object] = {
        "name": name,
        "command": python(textwrap.dedent(before) + SERVE, port),
        "ports": {"WEB_PORT": port},
        "health_url": f"http://{HOST}:{port}/",
        **changes,
    }
    return Service(**values)  # type: ignore[arg-type]


def phases(supervisor: Supervisor) -> dict[str, str]:
    return {name: process.phase for name, process in supervisor.processes.items()}


def pids(supervisor: Supervisor) -> dict[str, int | None]:
    return {name: process.pid for name, process in supervisor.processes.items()}


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    supervisors: list[Supervisor] = []

    def create(*services: Service) -> Supervisor:
        supervisors.append(Supervisor(services, tmp_path / "logs"))
        return supervisors[-1]

    yield create
    for supervisor in supervisors:
        supervisor.stop()


def test_starts_dependencies_first(supervise: Supervise) -> None:
    order: list[str] = []
    supervisor = supervise(
        web_server("second", depends_on=["first"], prepare=lambda: order.append("prepare second")),
        web_server("first", on_ready=lambda: order.append("first is ready")),
    )

    supervisor.start(["second"])

    assert order == ["first is ready", "prepare second"]


def test_starts_only_the_named_services(supervise: Supervise) -> None:
    supervisor = supervise(web_server("wanted"), web_server("other"))

    supervisor.start(["wanted"])

    assert phases(supervisor) == {"wanted": "ready", "other": "waiting"}


def test_restarts_only_services_that_ended_or_cannot_work(supervise: Supervise) -> None:
    broken: list[str] = []
    supervisor = supervise(
        web_server("stays", needs_restart=lambda: "stays" in broken),
        web_server("crashes"),
        web_server("breaks", needs_restart=lambda: "breaks" in broken),
    )
    supervisor.start()
    before = pids(supervisor)

    supervisor.processes["crashes"].kill()
    broken.append("breaks")
    supervisor.start()

    after = pids(supervisor)
    assert {name for name in after if after[name] != before[name]} == {"crashes", "breaks"}
    assert set(phases(supervisor).values()) == {"ready"}


def test_names_the_owner_of_a_taken_port(supervise: Supervise) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        ports = {"WEB_PORT": free_port(), "SECOND_PORT": port}  # every port must be free

        with pytest.raises(StackError) as caught:
            supervise(web_server("web", ports=ports)).start()

    program = psutil.Process().name()
    assert str(caught.value) == (
        f"port {port} is taken by pid {os.getpid()} ({program}); stop that process, or choose "
        "another port with SECOND_PORT=<port>"
    )


def test_the_next_start_repeats_a_failed_on_ready(supervise: Supervise) -> None:
    failures = ["the topic has other partitions"]

    def on_ready() -> None:
        if failures:
            raise StackError(failures.pop())

    supervisor = supervise(web_server("web", on_ready=on_ready), web_server("other"))
    with pytest.raises(StackError, match="other partitions"):
        supervisor.start()
    before = supervisor.processes["web"].pid

    supervisor.start()

    assert phases(supervisor) == {"web": "ready", "other": "ready"}
    assert supervisor.processes["web"].pid == before


def test_the_next_start_gives_a_late_service_its_whole_deadline(
    supervise: Supervise, tmp_path: Path
) -> None:
    os.mkfifo(go := tmp_path / "go")
    wait_for_writer = f"open({str(go)!r}).close()"
    supervisor = supervise(web_server("web", before=wait_for_writer, start_seconds=1))
    with pytest.raises(StackError, match="web was not ready after 1 s"):
        supervisor.start()
    go.open("w").close()

    supervisor.start()

    assert phases(supervisor) == {"web": "ready"}


def test_stops_the_other_services_when_one_cannot_be_stopped(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervise(web_server("first"), web_server("last", depends_on=["first"]))
    supervisor.start()

    with monkeypatch.context() as patch:
        patch.setattr(supervisor.processes["last"], "stop", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            supervisor.stop()

    assert supervisor.processes["first"].phase == "ended"


def test_a_process_may_end_before_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(python("pass")) as ended:
        process = psutil.Process(ended.pid)
    monkeypatch.setattr(psutil, "wait_procs", lambda processes, **_: ([], processes))

    _end([process])  # raises nothing

    assert not process.is_running()


def test_the_health_url_of_another_server_does_not_count(supervise: Supervise) -> None:
    first = web_server("first")
    # "second" answers the URL of "first" and does not listen on its own port.
    second = web_server("second", health_url=first.health_url, ports={"WEB_PORT": free_port()})
    supervisor = supervise(first, second)

    supervisor.start(["first"])
    supervisor.processes["second"].launch()

    assert not supervisor.processes["second"].healthy()


def test_shows_the_end_of_the_log_of_a_service_that_ended(supervise: Supervise) -> None:
    failing = python("raise SystemExit('no disk left')")

    with pytest.raises(StackError, match=r"web ended with 1(.|\n)*no disk left"):
        supervise(web_server("web", command=failing)).start()


def test_rejects_an_unknown_name(supervise: Supervise) -> None:
    with pytest.raises(StackError, match="no service 'kafka'; there are: web"):
        supervise(web_server("web")).start(["kafka"])


def test_stop_ends_descendants_and_kills_after_the_deadline(
    supervise: Supervise, tmp_path: Path
) -> None:
    ignore_sigterm_and_start_child = f"""
        import signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-ISc", "import signal; signal.pause()"],
                                 start_new_session=True)
        open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
    """
    service = web_server("web", before=ignore_sigterm_and_start_child, stop_seconds=0.2)
    supervisor = supervise(service)
    supervisor.start()
    child = int((tmp_path / "child").read_text())

    supervisor.stop()

    assert supervisor.processes["web"].exit_code == -signal.SIGKILL
    assert not psutil.pid_exists(child)


def test_stop_ends_the_children_of_a_crashed_service(
    supervise: Supervise, tmp_path: Path, poll: Poll
) -> None:
    orphan = textwrap.dedent(f"""
        import os, signal, sys
        def on_sigterm(*_):
            open({str(tmp_path / "terminated")!r}, "w").close()
            sys.exit()
        signal.signal(signal.SIGTERM, on_sigterm)
        open({str(tmp_path / "child")!r}, "w").write(str(os.getpid()))
        signal.pause()
    """)
    start_child = f"""
        import subprocess, sys
        subprocess.Popen([sys.executable, "-ISc", {orphan!r}])
    """
    supervisor = supervise(web_server("web", before=start_child))
    supervisor.start()
    child_file = tmp_path / "child"
    child = int(poll(lambda: child_file.exists() and child_file.read_text()))
    process = supervisor.processes["web"]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    poll(lambda: not process.alive, what="the service to end")
    assert psutil.pid_exists(child)

    supervisor.stop()

    assert not psutil.pid_exists(child)
    assert (tmp_path / "terminated").exists()


def test_services_end_when_their_supervisor_is_killed(tmp_path: Path, poll: Poll) -> None:
    program = textwrap.dedent(f"""
        import pathlib, signal
        from local.supervisor.process import Service
        from local.supervisor.supervisor import Supervisor
        command = {python(SERVE, port := free_port())!r}
        service = Service(name="web", command=command, ports={{"WEB_PORT": {port}}})
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


def test_settings_of_the_users_other_programs_do_not_reach_a_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = ("AWS_PROFILE", "JAVA_TOOL_OPTIONS", "KAFKA_OPTS", "PYTHONPATH", "SPARK_HOME")
    for name in others:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LC_ALL", "C")

    environment = inherited_environment()

    assert not environment.keys() & set(others)
    assert environment["PATH"]
    assert environment["LC_ALL"] == "C.UTF-8"  # Java reads file names with it
