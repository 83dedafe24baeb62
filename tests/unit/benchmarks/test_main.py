"""The command of the benchmarks: the table of figures, missed targets, missing programs."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.__main__ import BENCHMARKS, Benchmark, main
from benchmarks.figures import Figure


def fail() -> list[Figure]:
    raise SystemExit("it failed")


@pytest.fixture(autouse=True)
def _benchmarks_for_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    benchmarks = {
        "met": Benchmark(lambda: [Figure("peak memory", 2048, "MB", at_most=2048)]),
        "missed": Benchmark(lambda: [Figure("pins ÷ floor: time", 2.345, at_most=1.5)]),
        "failing": Benchmark(fail),
        "unavailable": Benchmark(fail, programs=("a-missing-program",)),
    }
    for name in list(BENCHMARKS):
        monkeypatch.delitem(BENCHMARKS, name)
    for name, benchmark in benchmarks.items():
        monkeypatch.setitem(BENCHMARKS, name, benchmark)


def run(*names: str) -> tuple[int, list[list[str]], str]:
    """Return the exit code, the cells of each line of the table, and the whole output."""
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, names, env={"COLUMNS": "160"})
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in result.output.splitlines()
        if line.strip().startswith("|")
    ]
    return result.exit_code, rows, result.output


@pytest.mark.parametrize(
    ("name", "exit_code", "row"),
    [
        ("met", 0, ["peak memory", "2,048 MB", "≤ 2,048"]),
        ("missed", 1, ["pins ÷ floor: time", "2.35", "≤ 1.5 **missed**"]),
    ],
)
def test_the_table_shows_each_figure_and_whether_it_misses_its_target(
    name: str, exit_code: int, row: list[str]
) -> None:
    code, rows, _ = run(name)

    assert rows[0] == ["figure", "measured", "target"]
    assert rows[2:] == [row]
    assert code == exit_code


def test_figures_are_shown_when_a_later_benchmark_fails() -> None:
    code, rows, _ = run("met", "failing")

    assert code == 1
    assert rows[2:] == [["peak memory", "2,048 MB", "≤ 2,048"]]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["met", "unavailable"], "unavailable needs a-missing-program"),
        (["met", "unknown"], "'unknown'"),
        ([], "unavailable needs a-missing-program"),
    ],
)
def test_nothing_is_measured_if_a_benchmark_cannot_run(names: list[str], message: str) -> None:
    code, rows, output = run(*names)

    assert code == 2
    assert message in output
    assert rows == []
