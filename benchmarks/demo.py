"""The time of `make demo` in a fresh clone: cold, warm, and again, beside an earlier commit's.

Cold: nothing is downloaded yet. Warm: everything is built, and the stack is new. Again: on that
stack, which has every post already. The stack is down before each.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.figures import Figure, log_step
from local.settings import ROOT, Settings
from local.temporary import free_ports, temporary_state

__all__ = ["demo", "executions_in"]

_EARLIER = "fd6cca3"
"""The commit before the work on speed. The same machine runs it at the same time of day."""
_UNSET_PREFIXES = ("PINTEREST_", "PYTHON", "MAKE", "MFLAGS")
_UNSET = ("SOURCE", "ROWS", "VIRTUAL_ENV")
_EXECUTION = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"


class _Seconds(NamedTuple):
    """Seconds of `make demo`."""

    cold: float
    warm: float
    again: float


def demo() -> list[Figure]:
    """Return the seconds of `make demo`, their ratios to the earlier commit's, and its executions.

    The executions of Spark are counted in the cold run, in which the log of Spark's events takes
    no noticeable part of the time.
    """
    with temporary_state() as folder:
        events = folder / "events"
        events.mkdir()
        now = _seconds_of("HEAD", folder / "now", _variables_of_the_event_log(events))
        executions = executions_in(events)
    with temporary_state() as folder:
        before = _seconds_of(_EARLIER, folder / "before", {})
    names = ("cold: a fresh clone, empty caches", "warm: a new stack", "again: the same stack")
    limits = (None, 240, 240)
    return [
        *(
            Figure(f"make demo, {name}", seconds, "s", at_most=limit)
            for name, seconds, limit in zip(names, now, limits, strict=True)
        ),
        *(
            Figure(f"make demo, {kind} ÷ commit {_EARLIER}", one / other, at_most=0.5)
            for kind, one, other in zip(now._fields, now, before, strict=True)
        ),
        Figure("make demo: executions of Spark", executions, at_most=250),
    ]


def executions_in(events: Path) -> int:
    """Return the number of executions in the event logs of Spark in a folder."""
    logs = [path for path in events.iterdir() if not path.name.startswith(".")]
    # A server that ends late cuts off its last line, so no line is parsed.
    start = re.compile(rf'^\{{"Event": ?"{re.escape(_EXECUTION)}"', re.MULTILINE)
    return sum(len(start.findall(log.read_text())) for log in logs)


def _variables_of_the_event_log(events: Path) -> dict[str, str]:
    """Return the variables with which Spark writes its events to a file in `events`."""
    options = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    usual: str = Settings.model_fields["spark_java_options"].default
    logging = " ".join(f"-D{name}={value}" for name, value in options.items())
    return {"PINTEREST_SPARK_JAVA_OPTIONS": f"{usual} {logging}"}


def _seconds_of(commit: str, folder: Path, only_cold: dict[str, str]) -> _Seconds:
    """Return the seconds of `make demo` at `commit`; `only_cold` are variables of the cold run."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=clone, check=True)
    variables = _fresh_variables(folder)
    return _Seconds(
        cold=_timed_demo(clone, folder / "first", variables | only_cold),
        warm=_timed_demo(clone, folder / "second", variables),
        again=_timed_demo(clone, folder / "second", variables),
    )


def _fresh_variables(folder: Path) -> dict[str, str]:
    """Return the variables of a machine without settings; downloads go to `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_UNSET_PREFIXES) and name not in _UNSET
    }
    repository = f"-Dmaven.repo.local={folder / 'maven'}"
    return {
        **inherited,
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "MAVEN_OPTS": f"{inherited.get('MAVEN_OPTS', '')} {repository}".lstrip(),
        **{f"PINTEREST_{name.upper()}": str(port) for name, port in free_ports().items()},
    }


def _timed_demo(clone: Path, state: Path, variables: dict[str, str]) -> float:
    """Return the seconds of `make demo` in `clone`; its stack is down afterwards in any case.

    Raises:
        SystemExit: Raised when the demo failed.
    """
    variables = variables | {"PINTEREST_STATE": str(state)}
    log_step(f"make demo, its state in {state}")
    begun = time.monotonic()
    try:
        failed = _make("demo", clone, variables)
        seconds = time.monotonic() - begun
    finally:
        if state.exists():  # else nothing was started, and `make down` would install everything
            _make("down", clone, variables)
    if failed:
        raise SystemExit(f"make demo ended with {failed}; its output above has the reason")
    return seconds


def _make(target: str, clone: Path, variables: dict[str, str]) -> int:
    with subprocess.Popen(["make", "--silent", target], cwd=clone, env=variables) as make:
        try:
            return make.wait()
        except BaseException:
            make.terminate()  # it passes this on to its children
            make.wait()
            raise
