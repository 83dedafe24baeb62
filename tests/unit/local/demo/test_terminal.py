"""The terminal shows the steps of the demo, its accounts, differences and answers."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pandas as pd
import pytest
from botocore.exceptions import EndpointConnectionError
from confluent_kafka import KafkaError, KafkaException
from pyspark.errors import AnalysisException
from rich.console import Console

from local.demo.comparison import Changes, Comparison, TableDifference
from local.demo.reconciliation import STREAMING, Account
from local.demo.terminal import (
    Steps,
    show_accounts,
    show_answer,
    show_changes,
    show_comparison,
    show_rejected,
)
from local.errors import StackError

REASONS = pd.DataFrame({
    "event": ["geo"] * 11,
    "reason": [f'latitude: expected [-90, 90], got "{200 + number}"' for number in range(11)],
    "records": [1_200, *range(10, 0, -1)],
})


def shown(show: Callable[[Console], None]) -> list[str]:
    """Return the lines of a terminal, the cells of a table with one space between."""
    terminal = StringIO()
    show(Console(file=terminal, width=80))
    lines = terminal.getvalue().replace("┃", "│").splitlines()
    return [" ".join(line.replace("│", " ").split()) for line in lines]


def test_reasons_of_rejection_are_shown_with_their_records() -> None:
    lines = shown(lambda console: show_rejected(console, REASONS))
    assert "event reason records" in lines
    assert 'geo latitude: expected [-90, 90], got "200" 1,200' in lines


@pytest.mark.parametrize(
    ("reasons", "more"),
    [(10, []), (11, ["and 1 more reason"]), (12, ["and 2 more reasons"])],
)
def test_ten_reasons_are_shown_and_the_others_counted(reasons: int, more: list[str]) -> None:
    rejected = pd.concat([REASONS, REASONS]).head(reasons)
    lines = shown(lambda console: show_rejected(console, rejected))
    assert len([line for line in lines if line.startswith("geo ")]) == 10
    assert [line for line in lines if "more" in line] == more


def test_nothing_rejected_shows_nothing() -> None:
    assert shown(lambda console: show_rejected(console, REASONS.head(0))) == []


def test_an_answer_has_headings_in_words_and_numbers_with_separators() -> None:
    answer = pd.DataFrame({"post_year": [2015], "number_users_joined": [1_400]})
    lines = shown(lambda console: show_answer(console, "How many?", answer))
    assert "year of joining users joined" in lines
    assert "2015 1,400" in lines


def test_text_of_the_data_is_not_markup() -> None:
    answer = pd.DataFrame({"country": ["[red]Chad[/]"], "follower_count": [5]})
    assert "[red]Chad[/] 5" in shown(lambda console: show_answer(console, "Where?", answer))


@pytest.mark.parametrize("clean", [3, 2])
def test_an_account_has_a_row_per_stage_and_says_whether_it_adds_up(clean: int) -> None:
    counts = {
        "rows in source": 3,
        "acknowledged": 3,
        "refused": 0,
        "new in Kinesis": 3,
        "in Kinesis": 2_003,
        "clean": clean,
        "superseded": 1_999,
        "rejected": 1,
    }
    lines = shown(lambda console: show_accounts(console, [Account(STREAMING, "pin", counts)]))
    assert lines[0] == "Where every record is: streaming"
    assert "in Kinesis 2,003" in lines
    assert ("adds up yes" if clean == 3 else "adds up NO") in lines
    assert "in Kinesis = clean + superseded + rejected" in lines
    assert "2,000 records were in Kinesis before, from earlier runs" in lines


def test_changes_are_shown_by_pipeline() -> None:
    changes = {"batch": Changes(33_462, 0), "streaming": Changes(0, 2)}
    lines = shown(lambda console: show_changes(console, changes))
    assert lines[-2:] == [
        "batch pipeline: 33,462 new, 0 written again",
        "streaming pipeline: 0 new, 2 written again",
    ]


def test_differing_tables_are_shown() -> None:
    comparison = Comparison([TableDifference("geo", 1, 2_000, [4, 5])])
    lines = shown(lambda console: show_comparison(console, comparison))
    assert "The two pipelines differ:" in lines
    text = " ".join(lines)
    assert "geo: 1 rows in batch only, 2,000 in streaming only; first posts: 4, 5" in text


@pytest.mark.parametrize(
    "error",
    [
        AnalysisException("no such table"),
        EndpointConnectionError(endpoint_url="no such table"),
        KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "no such table")),
    ],
    ids=["Spark", "S3", "Kafka"],
)
@pytest.mark.parametrize("busy", [True, False])
def test_an_error_of_a_service_names_the_step(error: Exception, busy: bool) -> None:
    steps = Steps(Console(quiet=True))

    with (
        pytest.raises(StackError, match=r"(?s)^Count failed: .*no such table.*make status"),
        steps.step("Count", busy=busy),
    ):
        raise error

    assert not steps.seconds


def test_an_error_in_the_demo_itself_keeps_its_type() -> None:
    with pytest.raises(KeyError), Steps(Console(quiet=True)).step("Count"):
        raise KeyError("pin")
