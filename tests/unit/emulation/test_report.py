"""The closing table and the figures in a file."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from emulation.errors import SettingsError
from emulation.plan import Plan
from emulation.report import Half, Report
from emulation.tally import Tally

PLAN = Plan(
    first=0,
    after=1,
    last=9,
    posts=8,
    rows={"pin": 10, "geo": 9, "user": 10},
    rows_before={"pin": 2, "geo": 2, "user": 2},
    rows_without_key={"pin": 0, "geo": 0, "user": 0},
)

ANEW = replace(PLAN, after=-1, posts=10, rows_before=dict.fromkeys(PLAN.rows, 0))


def counted(pin: int = 8, geo: int = 7, user: int = 8) -> Tally:
    tally = Tally()
    for event, records in (("pin", pin), ("geo", geo), ("user", user)):
        tally.acknowledged(event, records)
    tally.posts_sent(8)
    return tally


def half(
    tally: Tally, plan: Plan | None = PLAN, destination: str = "kafka", after: int = 9
) -> Half:
    return Half(destination, tally, plan, after if plan else None)


def report(*halves: Half) -> Report:
    return Report(halves, 2.0, interrupted=False)


def printed(shown: Report, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    shown.print(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_run_is_complete_when_every_row_is_acknowledged_now_or_before() -> None:
    assert report(half(counted())).complete


def test_a_run_that_left_out_a_row_is_not_complete() -> None:
    assert not report(half(counted(geo=6))).complete


def test_a_run_with_a_refused_record_is_not_complete() -> None:
    tally = counted(user=7)
    tally.refused("user", 1, "422: odd")
    assert not report(half(tally)).complete


def test_random_posts_are_complete_when_none_is_refused() -> None:
    assert report(half(counted(1, 1, 1), plan=None)).complete


def test_the_table_has_a_line_per_event() -> None:
    tally = counted()
    tally.retried("geo", 5)
    lines = printed(report(half(tally))).splitlines()
    cells = [line.replace("│", " ").split() for line in lines]
    assert ["kafka", "pin", "10", "2", "8", "0", "0"] in cells
    assert ["kafka", "geo", "9", "2", "7", "5", "0"] in cells
    assert "8 posts to kafka in 2.0 s (4.0 posts/s)." in lines


def test_reasons_of_refusals_are_printed_as_they_are() -> None:
    tally = counted(pin=6)
    tally.refused("pin", 2, "422: [red]odd[/red]")
    assert "2 pin refused: 422: [red]odd[/red]" in printed(report(half(tally)))


def test_an_incomplete_run_says_where_to_go_on() -> None:
    incomplete = printed(report(half(counted(geo=6), after=7)))
    assert "Every post up to index 7 is acknowledged" in incomplete
    assert "The same command with --resume goes on from there." in incomplete
    assert "--resume" not in printed(report(half(counted())))


def test_a_row_without_an_index_is_nothing_to_resume_for() -> None:
    tally = counted(user=7)
    tally.refused("user", 1, "the row has no index, which is its record's key")
    assert not report(half(tally)).complete
    assert "--resume" not in printed(report(half(tally)))


@pytest.mark.parametrize("plan", [ANEW, None])
def test_a_run_that_settled_nothing_has_no_table(plan: Plan | None) -> None:
    shown = printed(report(half(Tally(), plan, after=-1)))
    assert shown == "kafka: No post was acknowledged.\n"


def test_a_run_that_went_on_and_settled_nothing_says_where_it_stands() -> None:
    shown = printed(report(half(Tally(), after=1)))
    assert "What became of the records" in shown
    assert "kafka: Every post up to index 1 is acknowledged." in shown


def test_first_posts_that_are_not_all_acknowledged_hold_the_point() -> None:
    tally = counted(pin=9, geo=9, user=10)
    tally.refused("pin", 1, "422: odd")
    shown = printed(report(half(tally, ANEW, after=-1)))
    assert "kafka: Not all of the first posts are acknowledged" in shown
    assert "index -1" not in shown


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_of_the_default_source_fits_its_terminal(width: int) -> None:
    rows = dict.fromkeys(PLAN.rows, 11_154)
    tally = counted(11_154, 11_154, 11_154)
    shown = printed(report(half(tally, replace(ANEW, rows=rows), "kinesis")), width)
    assert "┃ rows in source ┃ sent before ┃ posted ┃ retried ┃ refused ┃" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_the_figures_are_written_per_event(tmp_path: Path) -> None:
    tally = counted()
    tally.retried("geo", 5)
    report(half(tally)).write(tmp_path / "new" / "figures.json")
    figures = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert list(figures) == ["pin", "geo", "user"]
    assert figures["geo"] == {
        "rows_in_source": 9,
        "acknowledged_before": 2,
        "acknowledged": 7,
        "retried": 5,
        "refused": 0,
    }


def test_figures_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Name another file with --summary-json"):
        report(half(counted())).write(tmp_path)


def test_a_run_is_complete_only_when_every_destination_has_all() -> None:
    assert report(half(counted()), half(counted(), destination="kinesis")).complete
    assert not report(half(counted()), half(counted(geo=6), destination="kinesis")).complete


def test_the_table_has_both_halves() -> None:
    throttled = counted(pin=7)
    throttled.retried("pin", 12)
    throttled.refused("pin", 1, "400: too long")
    shown = printed(report(half(counted()), half(throttled, destination="kinesis", after=8)))
    cells = [line.replace("│", " ").split() for line in shown.splitlines()]
    assert ["kafka", "pin", "10", "2", "8", "0", "0"] in cells
    assert ["kinesis", "pin", "10", "2", "7", "12", "1"] in cells
    assert "kinesis: 1 pin refused: 400: too long" in shown
    assert "kinesis: Every post up to index 8 is acknowledged" in shown
    assert "kafka: Every post" not in shown


def test_the_figures_of_both_halves_are_written_per_destination(tmp_path: Path) -> None:
    other = half(counted(geo=3), destination="kinesis")
    report(half(counted()), other).write(tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {to: list(events) for to, events in figures.items()} == {
        "kafka": ["pin", "geo", "user"],
        "kinesis": ["pin", "geo", "user"],
    }
    assert figures["kafka"]["geo"]["acknowledged"] == 7
    assert figures["kinesis"]["geo"]["acknowledged"] == 3
