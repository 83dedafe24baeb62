"""`make demo` from the source to the answers: complete, right, repeatable, and not to be broken."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from local.stack.settings import ROOT
from tests.end_to_end.checkout import ROWS, Checkout
from tests.end_to_end.expected_answers import expected_answers, read_posts

SOURCE = ROOT / ".local" / "synthetic.db"


@pytest.fixture(scope="module")
def shown(checkout: Checkout) -> str:
    """What the first demo printed."""
    return checkout.demo()


def test_every_record_is_accounted_for(shown: str, checkout: Checkout) -> None:
    account = {
        cells[0]: cells[1:]
        for line in shown.splitlines()
        if len(cells := [cell.strip() for cell in line.strip("│┃").split("│")]) == 4
    }

    assert account["rows in source"] == [f"{ROWS:,}"] * 3
    assert account["clean"] == [f"{ROWS:,}"] * 3
    assert account["adds up"] == ["yes"] * 3
    assert {name: checkout.table(name).count() for name in ("pin", "geo", "user")} == {
        "pin": ROWS,
        "geo": ROWS,
        "user": ROWS,
    }


@pytest.mark.usefixtures("shown")
def test_the_answers_are_those_of_an_independent_computation(checkout: Checkout) -> None:
    expected = expected_answers(read_posts(SOURCE, ROWS))

    answers = {name: [tuple(row) for row in checkout.table(name).collect()] for name in expected}

    assert {name: sorted(rows, key=str) for name, rows in answers.items()} == {
        name: sorted(rows, key=str) for name, rows in expected.items()
    }


def test_the_report_and_the_executed_notebooks_are_there(shown: str, checkout: Checkout) -> None:
    report = Path(shown.splitlines()[-1].removeprefix("Report: "))

    assert report == checkout.settings.state / "report" / "index.html"
    assert report.read_text().count("<svg") >= 9
    assert sorted(page.name for page in (report.parent / "notebooks").iterdir()) == [
        f"{name}.{kind}"
        for name in ("answer_questions", "clean_landing", "mount_landing")
        for kind in ("html", "ipynb")
    ]


@pytest.mark.usefixtures("shown")
def test_a_second_demo_changes_no_row(checkout: Checkout) -> None:
    before = checkout.rows()

    again = checkout.demo()

    assert checkout.rows() == before
    assert "records were in Kafka before" in again


@pytest.mark.usefixtures("shown")
def test_kill_connect_while_records_land(checkout: Checkout) -> None:
    before = checkout.rows()

    with checkout.begin("make", "demo", f"ROWS={ROWS}") as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if line.startswith("Post "))
        os.kill(checkout.pid("connect"), signal.SIGKILL)
        rest = demo.stdout.read()

    assert demo.returncode != 0, rest
    assert checkout.run("make", "up").returncode == 0
    checkout.demo()
    assert checkout.rows() == before


@pytest.mark.usefixtures("shown")
def test_kill_spark_while_it_cleans(checkout: Checkout, poll: Callable[..., object]) -> None:
    before = checkout.rows()
    checkpoints = checkout.settings.state / "spark" / "checkpoints"

    def batches() -> set[Path]:
        return set(checkpoints.glob("**/offsets/[0-9]*"))

    known = batches()
    with checkout.begin("make", "demo", f"ROWS={ROWS}") as demo:
        poll(lambda: batches() - known, seconds=300, what="a micro-batch to begin")
        os.kill(checkout.pid("spark"), signal.SIGKILL)
        assert checkout.run("make", "up").returncode == 0
        assert demo.stdout is not None
        demo.stdout.read()  # its client notices; whether it can go on is Spark's to decide

    checkout.demo()
    assert checkout.rows() == before
