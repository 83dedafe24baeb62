"""The README's commands, with `make demo` from the source to the answers.

The demo is complete, correct and repeatable, and it survives faults. Both pipelines have the same
posts, so they have the same rows and answers.

All tests share one environment and one sequence of runs. The first demo loses Connect, and the
second one loses Spark. The third one runs without faults and has every row nevertheless. The fourth
one changes nothing. The other commands of the README follow.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from local.demo.reconciliation import count_landed
from local.environment import s3_client
from local.secrets import Secrets
from local.settings import ROOT
from pinterest_pipeline.answers import answer_questions
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.names import topic
from tests.end_to_end.expected_answers import expected_answers, read_posts
from tests.end_to_end.expected_rows import clean_rows, expected_rows
from tests.support.checkout import ROWS, Checkout
from tests.support.services import Poll

SOURCE = ROOT / ".local" / "synthetic.db"
README_COMMANDS = [
    command
    for block in re.findall(
        r"^```sh\n(.*?)^```",
        (ROOT / "README.md").read_text().partition("## Cloud deployment")[0],
        re.MULTILINE | re.DOTALL,
    )
    for command in block.splitlines()
]

pytestmark = pytest.mark.timeout(1200)  # one test waits for several demos

type Rows = dict[tuple[str, str], list[tuple[object, ...]]]


@dataclass(frozen=True)
class Demo:
    """A demo without faults.

    Attributes:
        output: Its output.
        rows: The rows of every table but `loads` afterwards, by pipeline and table.
    """

    output: str
    rows: Rows


def landed(checkout: Checkout) -> int:
    """Return the number of lines of the three topics in the bucket."""
    settings = checkout.settings
    s3 = s3_client(settings, Secrets.of(settings.state))
    topics = {topic(settings.user_id, event.name): event.key for event in EVENTS}
    return sum(count_landed(s3, settings.bucket, name, key).total() for name, key in topics.items())


@pytest.fixture(scope="module")
def lost_connect(checkout: Checkout, poll: Poll) -> str:
    """Return the output of the first demo; Connect is killed while records land."""
    settings = checkout.settings
    with checkout.start("make", "demo", f"ROWS={ROWS}") as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if line.startswith("Post "))
        s3 = s3_client(settings, Secrets.of(settings.state))
        # A listing is quick: a count of the lines would leave Connect the time to land all.
        listing = partial(s3.list_objects_v2, Bucket=settings.bucket, MaxKeys=1)
        poll(lambda: listing()["KeyCount"], seconds=120, what="a landed object")
        checkout.kill("connect")
        output = demo.stdout.read()
    assert demo.returncode != 0, output
    assert 0 < landed(checkout) < len(EVENTS) * ROWS
    return output


@pytest.fixture(scope="module")
def lost_spark(checkout: Checkout, poll: Poll, lost_connect: str) -> str:  # noqa: ARG001  # after it
    """Return the output of the second demo; Spark is killed in its first micro-batch."""
    checkpoints = checkout.settings.state / "spark" / "checkpoints"
    assert checkout.run("make", "up").returncode == 0
    with checkout.start("make", "demo", f"ROWS={ROWS}") as demo:
        poll(lambda: any(checkpoints.glob("**/offsets/0")), seconds=300)
        checkout.kill("spark")
        # The client waits some time for a server, but never for ever.
        assert checkout.run("make", "up").returncode == 0
        assert demo.stdout is not None
        output = demo.stdout.read()
    assert demo.returncode != 0, output
    return output


def run_demo(checkout: Checkout) -> Demo:
    output = checkout.demo()
    spark, answers = checkout.spark(), expected_answers(read_posts(SOURCE, ROWS))
    answer_questions(spark, checkout.pipelines["stream"])  # the demo answers from the batch tables
    rows: Rows = {}
    for pipeline, tables in checkout.pipelines.items():
        for name in ("pin", "geo", "user"):
            rows[pipeline, name] = clean_rows(spark, tables, name)
        for name in ("rejected", *answers):
            collected = tables.read(spark, name).collect()
            rows[pipeline, name] = sorted((tuple(row) for row in collected), key=str)
    return Demo(output, rows)


@pytest.fixture(scope="module")
def demo(checkout: Checkout, lost_spark: str) -> Demo:  # noqa: ARG001  # after it
    return run_demo(checkout)


@pytest.fixture(scope="module")
def repeated(checkout: Checkout, demo: Demo) -> Demo:  # noqa: ARG001  # after it
    return run_demo(checkout)


type Result = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def demo_of_another_user(checkout: Checkout, repeated: Demo) -> Result:  # noqa: ARG001  # after it
    return checkout.run("env", "PINTEREST_USER_ID=another", "make", "demo", f"ROWS={ROWS}")


@pytest.fixture(scope="module")
def demo_of_another_source(checkout: Checkout, repeated: Demo) -> Result:  # noqa: ARG001  # after it
    return checkout.run("make", "demo", "SOURCE=sqlite:///other.db")


@pytest.fixture(scope="module")
def rest_of_the_readme(
    checkout: Checkout,
    demo_of_another_user: Result,  # noqa: ARG001  # after it
    demo_of_another_source: Result,  # noqa: ARG001  # after it
) -> Result:
    """Run the README's commands after `make demo`; the last one stops the stack."""
    return checkout.run("bash", "-c", "\n".join(["set -euo pipefail", *README_COMMANDS[1:]]))


def test_a_demo_that_loses_connect_reports_an_error(lost_connect: str) -> None:
    assert "error: " in lost_connect
    assert "Traceback" not in lost_connect


def test_a_demo_that_loses_spark_reports_an_error(lost_spark: str) -> None:
    assert "error: " in lost_spark
    assert "adds up" not in lost_spark


@pytest.mark.parametrize("pipeline", ["batch", "streaming"])
def test_every_record_is_accounted_for(demo: Demo, pipeline: str) -> None:
    _, _, below = demo.output.partition(f"Where every record is: {pipeline}")
    account = {
        cells[0]: cells[1:]
        for line in below.partition("└")[0].splitlines()
        if len(cells := [cell.strip() for cell in line.strip("│┃").split("│")]) == 4
    }

    assert account["rows in source"] == [f"{ROWS:,}"] * 3
    assert account["clean"] == [f"{ROWS:,}"] * 3
    assert account["adds up"] == ["yes"] * 3


def test_the_demo_reports_that_both_pipelines_are_equal(demo: Demo) -> None:
    assert "The two pipelines are equal, row by row, so both give the same answers." in demo.output


@pytest.mark.parametrize("pipeline", ["batch", "stream"])
@pytest.mark.parametrize("table", ["pin", "geo", "user"])
def test_the_tables_hold_the_posts_of_the_source_and_no_other_rows(
    demo: Demo, pipeline: str, table: str
) -> None:
    assert demo.rows[pipeline, table] == expected_rows(SOURCE, ROWS)[table]


@pytest.mark.parametrize("pipeline", ["batch", "stream"])
def test_the_answers_are_those_of_an_independent_computation(demo: Demo, pipeline: str) -> None:
    expected = expected_answers(read_posts(SOURCE, ROWS))

    assert {name: demo.rows[pipeline, name] for name in expected} == {
        name: sorted(rows, key=str) for name, rows in expected.items()
    }


def test_the_demo_writes_the_report_and_the_executed_notebooks(
    demo: Demo, checkout: Checkout
) -> None:
    report = Path(demo.output.splitlines()[-1].removeprefix("Report: "))

    assert report == checkout.settings.state / "report" / "index.html"
    assert report.read_text().count("<svg") >= 9
    folder = report.parent / "notebooks"
    assert sorted(str(page.relative_to(folder)) for page in folder.glob("*/*")) == [
        f"{name}.{kind}"
        for name in (
            "batch/answer_questions",
            "batch/clean_landing",
            "batch/mount_landing",
            "stream/clean_streams",
        )
        for kind in ("html", "ipynb")
    ]


def test_another_demo_changes_no_row(demo: Demo, repeated: Demo) -> None:
    assert repeated.rows == demo.rows
    assert "records were in Kafka before" in repeated.output
    assert "records were in Kinesis before" in repeated.output
    for pipeline in ("batch", "streaming"):
        assert f"{pipeline} pipeline: 0 new, 0 written again\n" in repeated.output


def test_the_posts_of_another_user_are_rejected(
    checkout: Checkout, demo_of_another_user: Result
) -> None:
    assert demo_of_another_user.returncode != 0
    assert f"hold the posts of {checkout.settings.user_id}" in demo_of_another_user.stderr


def test_the_rows_of_another_source_are_rejected(demo_of_another_source: Result) -> None:
    assert demo_of_another_source.returncode != 0
    assert "has posted the synthetic posts here" in demo_of_another_source.stderr


def test_every_command_of_the_readme_works(rest_of_the_readme: Result) -> None:
    output = f"{rest_of_the_readme.stdout[-3000:]}\n{rest_of_the_readme.stderr[-3000:]}"

    assert README_COMMANDS[0] == "make demo"
    assert rest_of_the_readme.returncode == 0, output
    assert rest_of_the_readme.stdout.endswith("The stack is down.\n")
