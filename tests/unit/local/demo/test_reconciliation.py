"""The account of an event adds up only if no record is lost."""

from __future__ import annotations

import pytest

from local.demo.reconciliation import Account, post_of, total_account
from tests.support.accounts import LANDED, STREAMED, changed


@pytest.mark.parametrize(
    "account",
    [LANDED, STREAMED, changed(LANDED, {"new in Kafka": 100})],
    ids=["batch", "streaming", "a record was sent twice"],
)
def test_an_account_without_loss_adds_up(account: Account) -> None:
    assert account.adds_up


@pytest.mark.parametrize(
    ("account", "stage", "count"),
    [
        (LANDED, "acknowledged", 98),
        (LANDED, "refused", 0),
        (LANDED, "new in Kafka", 98),
        (LANDED, "in Kafka", 201),
        (LANDED, "dead letters", 0),
        (LANDED, "landed", 198),
        (LANDED, "clean", 97),
        (LANDED, "superseded", 98),
        (LANDED, "rejected", 1),
        (STREAMED, "acknowledged", 98),
        (STREAMED, "refused", 0),
        (STREAMED, "new in Kinesis", 98),
        (STREAMED, "in Kinesis", 202),
        (STREAMED, "clean", 97),
        (STREAMED, "superseded", 99),
        (STREAMED, "rejected", 2),
    ],
)
def test_a_loss_at_any_stage_is_detected(account: Account, stage: str, count: int) -> None:
    assert not changed(account, {stage: count}).adds_up


def test_the_total_adds_the_counts_of_each_stage() -> None:
    total = total_account([LANDED, changed(LANDED, {"clean": 0})])

    assert (total.event, total.counts["landed"], total.counts["clean"]) == ("all", 398, 98)
    assert not total.adds_up


@pytest.mark.parametrize(("account", "earlier"), [(LANDED, 101), (STREAMED, 101)])
def test_records_of_earlier_runs_are_counted(account: Account, earlier: int) -> None:
    assert account.earlier == earlier


@pytest.mark.parametrize(
    ("record", "post"),
    [
        (b'{"ind":12,"country":"Peru"}', 12),
        (b'{"ind":0}', 0),
        ('{"ind":"12"}', 12),
        (b'{"ind":12.0}', 12),
        (b'{"index":12}', None),
        (b'{"ind":null}', None),
        (b'{"ind":"abc"}', None),
        (b'{"ind":[1]}', None),
        (b'{"ind":1e400}', None),
        (b"[12]", None),
        (b'{"ind":12', None),
        (b'{"ind":12,"country":"\xff"}', None),
        (b"", None),
    ],
)
def test_the_post_of_a_record(record: bytes | str, post: int | None) -> None:
    assert post_of(record, "ind") == post
