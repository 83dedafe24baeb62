"""Accounts of both pipelines without a loss."""

from __future__ import annotations

from dataclasses import replace

from local.demo.reconciliation import BATCH, STREAMING, Account

__all__ = ["LANDED", "STREAMED", "changed"]

LANDED = Account(
    BATCH,
    "pin",
    {
        "rows in source": 100,
        "acknowledged": 99,
        "refused": 1,
        "new in Kafka": 99,
        "in Kafka": 200,  # an earlier run added the others
        "dead letters": 1,
        "landed": 199,
        "clean": 98,
        "superseded": 99,
        "rejected": 2,
    },
)
STREAMED = Account(
    STREAMING,
    "pin",
    {
        "rows in source": 100,
        "acknowledged": 99,
        "refused": 1,
        "new in Kinesis": 100,  # one record was sent twice
        "in Kinesis": 201,
        "clean": 98,
        "superseded": 100,
        "rejected": 3,
    },
)


def changed(account: Account, counts: dict[str, int], *, event: str = "pin") -> Account:
    """Return `account` with another event and other counts."""
    return replace(account, event=event, counts={**account.counts, **counts})
