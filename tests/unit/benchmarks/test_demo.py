"""The benchmark of `make demo` leaves no stack behind, and takes nobody's settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.demo import fresh_environment, timed_demo

_MAKEFILE = """
demo:
\tmkdir $$PINTEREST_STATE
\ttouch ../up
\texit $(STATUS)
down:
\trm ../up
"""


def _clone(folder: Path, makefile: str = _MAKEFILE) -> Path:
    clone = folder / "clone"
    clone.mkdir()
    (clone / "Makefile").write_text(makefile)
    return clone


def test_the_stack_is_down_after_a_demo(tmp_path: Path) -> None:
    environment = fresh_environment(tmp_path) | {"STATUS": "0"}

    seconds = timed_demo(_clone(tmp_path), tmp_path / "state", environment)

    assert 0 < seconds < 60
    assert not (tmp_path / "up").exists()


def test_the_stack_is_down_after_a_demo_that_failed(tmp_path: Path) -> None:
    environment = fresh_environment(tmp_path) | {"STATUS": "3"}

    with pytest.raises(SystemExit, match="make demo ended with 2"):
        timed_demo(_clone(tmp_path), tmp_path / "state", environment)

    assert not (tmp_path / "up").exists()


def test_the_stack_is_down_after_ctrl_c(tmp_path: Path) -> None:
    endless = _MAKEFILE.replace("exit $(STATUS)", "kill -INT $(BENCHMARK); exec tail -f /dev/null")
    environment = fresh_environment(tmp_path) | {"BENCHMARK": str(os.getpid())}

    with pytest.raises(KeyboardInterrupt):
        timed_demo(_clone(tmp_path, endless), tmp_path / "state", environment)

    assert not (tmp_path / "up").exists()


def test_a_demo_that_started_nothing_is_not_brought_down(tmp_path: Path) -> None:
    clone = _clone(tmp_path, "demo:\n\texit 3\ndown:\n\ttouch ../down\n")

    with pytest.raises(SystemExit):
        timed_demo(clone, tmp_path / "state", fresh_environment(tmp_path))

    assert not (tmp_path / "down").exists()


def test_settings_of_the_caller_do_not_reach_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PINTEREST_USER_ID", "MAKEFLAGS", "MFLAGS", "ROWS", "SOURCE", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "5")
    monkeypatch.setenv("MAVEN_OPTS", "-Xmx512m")
    monkeypatch.setenv("PATH", "/programs")

    environment = fresh_environment(tmp_path)

    assert {
        "PINTEREST_USER_ID",
        "MAKEFLAGS",
        "MFLAGS",
        "ROWS",
        "SOURCE",
        "VIRTUAL_ENV",
    }.isdisjoint(environment)
    assert environment["MAVEN_OPTS"] == f"-Xmx512m -Dmaven.repo.local={tmp_path / 'maven'}"
    assert environment["PATH"] == "/programs"
    assert int(environment["PINTEREST_SPARK_PORT"]) > 1024
