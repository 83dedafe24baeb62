"""The no-loss law in numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.demo.reconciliation import Account, StreamAccount

WHOLE = Account(
    event="pin",
    rows_in_source=100,
    acknowledged=99,
    refused=1,
    new_in_kafka=99,
    in_kafka=200,  # an earlier run posted as many
    dead_letters=1,
    landed=199,
    clean=98,
    superseded=99,
    rejected=2,
)


def test_an_account_without_loss_adds_up() -> None:
    assert WHOLE.adds_up


def test_a_record_that_was_sent_again_may_stand_in_kafka_twice() -> None:
    assert replace(WHOLE, new_in_kafka=100).adds_up


@pytest.mark.parametrize(
    "loss",
    [
        {"acknowledged": 98},
        {"refused": 0},
        {"new_in_kafka": 98},
        {"in_kafka": 201},
        {"landed": 198},
        {"clean": 97},
        {"superseded": 98},
        {"rejected": 1},
        {"dead_letters": 0},
    ],
    ids=lambda loss: next(iter(loss)),
)
def test_a_loss_at_any_stage_is_seen(loss: dict[str, int]) -> None:
    assert not replace(WHOLE, **loss).adds_up  # type: ignore[arg-type]


STREAMED = StreamAccount(
    event="pin",
    rows_in_source=100,
    acknowledged=99,
    refused=1,
    new_in_kinesis=100,  # one was sent again
    in_kinesis=201,
    clean=98,
    superseded=100,
    rejected=3,
)


def test_a_streamed_account_without_loss_adds_up() -> None:
    assert STREAMED.adds_up


@pytest.mark.parametrize(
    "loss",
    [
        {"acknowledged": 98},
        {"refused": 0},
        {"new_in_kinesis": 98},
        {"in_kinesis": 202},
        {"clean": 97},
        {"superseded": 99},
        {"rejected": 2},
    ],
    ids=lambda loss: next(iter(loss)),
)
def test_a_loss_in_the_streams_is_seen(loss: dict[str, int]) -> None:
    assert not replace(STREAMED, **loss).adds_up  # type: ignore[arg-type]
