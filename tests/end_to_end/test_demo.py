"""`make demo` from the source to the answers: complete, right, repeatable, and not to be broken.

Both halves have the same posts, so they have the same rows and answers.

All on one fresh state: a first demo loses Connect, a second one Spark, a third one, undisturbed,
is to have everything nevertheless, and one more is to change nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from local.demo.reconciliation import count_landed
from local.environment import s3_client
from local.secrets import Secrets
from local.settings import ROOT
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.names import topic
from tests.conftest import Poll
from tests.end_to_end.checkout import ROWS, Checkout
from tests.end_to_end.clean_rows import clean_rows
from tests.end_to_end.expected_answers import expected_answers, read_posts
from tests.end_to_end.expected_rows import expected_rows

SOURCE = ROOT / ".local" / "synthetic.db"

pytestmark = pytest.mark.timeout(1200)  # whichever test is first waits for three demos


def landed(checkout: Checkout) -> int:
    """Return how many lines of the three topics are in the bucket."""
    settings = checkout.settings
    s3 = s3_client(settings, Secrets.of(settings.state))
    topics = {topic(settings.user_id, event.name): event.key for event in EVENTS}
    return sum(count_landed(s3, settings.bucket, name, key).total() for name, key in topics.items())


@pytest.fixture(scope="module")
def lost_connect(checkout: Checkout, poll: Poll) -> str:
    """What the first demo printed, Connect having been killed while records landed."""
    with checkout.begin("make", "demo", f"ROWS={ROWS}") as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if line.startswith("Post "))
        poll(lambda: landed(checkout), seconds=120, what="a first object")
        checkout.kill("connect")
        rest = demo.stdout.read()
    assert demo.returncode != 0, rest
    assert 0 < landed(checkout) < len(EVENTS) * ROWS
    return rest


@pytest.fixture(scope="module")
def lost_spark(checkout: Checkout, poll: Poll, lost_connect: str) -> str:  # noqa: ARG001  # the first
    """What the second demo printed, Spark having been killed in its first micro-batch."""
    checkpoints = checkout.settings.state / "spark" / "checkpoints"
    assert checkout.run("make", "up").returncode == 0
    with checkout.begin("make", "demo", f"ROWS={ROWS}") as demo:
        poll(lambda: any(checkpoints.glob("**/offsets/0")), seconds=300, what="a micro-batch")
        checkout.kill("spark")
        # Its client waits a while for the server; none is to wait for ever.
        assert checkout.run("make", "up").returncode == 0
        assert demo.stdout is not None
        rest = demo.stdout.read()
    assert demo.returncode != 0, rest
    return rest


@pytest.fixture(scope="module")
def shown(checkout: Checkout, lost_spark: str) -> str:  # noqa: ARG001  # after it
    """What the third demo printed, which nothing disturbed."""
    return checkout.demo()


def test_a_demo_that_loses_connect_says_so(lost_connect: str) -> None:
    assert "error: " in lost_connect
    assert "Traceback" not in lost_connect


def test_a_demo_that_loses_spark_says_so(lost_spark: str) -> None:
    assert "error: " in lost_spark
    assert "adds up" not in lost_spark


@pytest.mark.parametrize("half", ["batch", "streaming"])
def test_every_record_is_accounted_for(shown: str, half: str) -> None:
    _, _, below = shown.partition(f"Where every record is: {half}")
    account = {
        cells[0]: cells[1:]
        for line in below.partition("└")[0].splitlines()
        if len(cells := [cell.strip() for cell in line.strip("│┃").split("│")]) == 4
    }

    assert account["rows in source"] == [f"{ROWS:,}"] * 3
    assert account["clean"] == [f"{ROWS:,}"] * 3
    assert account["adds up"] == ["yes"] * 3


def test_both_halves_are_said_to_be_equal(shown: str) -> None:
    assert "The two halves are equal, row by row, and so are their answers." in shown


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("half", ["batch", "stream"])
@pytest.mark.parametrize("table", ["pin", "geo", "user"])
def test_the_tables_hold_the_posts_of_the_source_and_nothing_else(
    checkout: Checkout, half: str, table: str
) -> None:
    rows = clean_rows(checkout.spark(), checkout.halves[half], table)

    assert rows == expected_rows(SOURCE, ROWS)[table]


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("half", ["batch", "stream"])
def test_the_answers_are_those_of_an_independent_computation(checkout: Checkout, half: str) -> None:
    expected = expected_answers(read_posts(SOURCE, ROWS))

    spark = checkout.spark()
    answers = {
        name: [tuple(row) for row in checkout.halves[half].read(spark, name).collect()]
        for name in expected
    }

    assert {name: sorted(rows, key=str) for name, rows in answers.items()} == {
        name: sorted(rows, key=str) for name, rows in expected.items()
    }


@pytest.mark.usefixtures("shown")
def test_both_halves_hold_the_same_rows_and_answers(checkout: Checkout) -> None:
    rows = checkout.rows()

    assert [name for half, name in rows if rows["batch", name] != rows[half, name]] == []


def test_the_report_and_the_executed_notebooks_are_there(shown: str, checkout: Checkout) -> None:
    report = Path(shown.splitlines()[-1].removeprefix("Report: "))

    assert report == checkout.settings.state / "report" / "index.html"
    assert report.read_text().count("<svg") >= 9
    folder = report.parent / "notebooks"
    assert sorted(str(page.relative_to(folder)) for page in folder.glob("*/*")) == [
        f"{name}.{kind}"
        for name in (
            "batch/answer_questions",
            "batch/clean_landing",
            "batch/mount_landing",
            "stream/answer_questions",
            "stream/clean_streams",
        )
        for kind in ("html", "ipynb")
    ]


@pytest.mark.usefixtures("shown")
def test_another_demo_changes_no_row(checkout: Checkout) -> None:
    before = checkout.rows()

    again = checkout.demo()

    assert checkout.rows() == before
    assert "records were in Kafka before" in again
    assert "records were in Kinesis before" in again
    for half in ("batch", "stream"):
        assert f"{half} half: 0 new, 0 replaced\n" in again


@pytest.mark.usefixtures("shown")
def test_the_posts_of_another_user_are_kept_out(checkout: Checkout) -> None:
    done = checkout.run("env", "PINTEREST_USER_ID=another", "make", "demo", f"ROWS={ROWS}")

    assert done.returncode != 0
    assert f"hold the posts of {checkout.settings.user_id}" in done.stderr


@pytest.mark.usefixtures("shown")
def test_the_rows_of_another_source_are_kept_out(checkout: Checkout) -> None:
    done = checkout.run("make", "demo", "SOURCE=sqlite:///other.db")

    assert done.returncode != 0
    assert "has posted the synthetic posts here" in done.stderr
