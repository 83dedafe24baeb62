"""The command: what it needs is asked first, and a missed figure is an exit code."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.__main__ import BENCHMARKS, Benchmark, main
from benchmarks.figures import Figure


def _run(*names: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, names, env={"COLUMNS": "160"})
    return done.exit_code, done.output


def _broken() -> list[Figure]:
    raise SystemExit("a broken one")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    benchmarks = {
        "met": Benchmark(lambda: [Figure("one", 1.0, at_most=1.0)]),
        "missed": Benchmark(lambda: [Figure("two", 2.0, at_most=1.0)]),
        "broken": Benchmark(_broken),
        "needy": Benchmark(_broken, needs=("a-program-that-nobody-has",)),
    }
    for name in list(BENCHMARKS):
        monkeypatch.delitem(BENCHMARKS, name)
    for name, benchmark in benchmarks.items():
        monkeypatch.setitem(BENCHMARKS, name, benchmark)


def test_good_figures_end_with_0() -> None:
    code, output = _run("met")

    assert code == 0
    assert "| one" in output


def test_a_missed_figure_ends_with_1_and_all_are_shown() -> None:
    code, output = _run("missed", "met")

    assert code == 1
    assert "missed" in output
    assert "| one" in output


def test_what_was_measured_is_shown_when_a_later_benchmark_breaks() -> None:
    code, output = _run("met", "broken")

    assert code == 1
    assert "| one" in output


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["met", "needy"], "needy needs a-program-that-nobody-has"),
        (["met", "unheard"], "'unheard'"),
        ([], "needy needs a-program-that-nobody-has"),
    ],
)
def test_nothing_is_measured_before_all_is_there(names: list[str], said: str) -> None:
    code, output = _run(*names)

    assert code == 2
    assert said in output
    assert "| one" not in output


def test_a_program_is_needed_by_its_own_benchmark_only() -> None:
    assert _run("met")[0] == 0
