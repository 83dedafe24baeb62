"""The tables' counts detect every row that a table has lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from local.demo.comparison import Contents
from local.demo.reconciliation import BATCH, Account, count_tables
from pinterest_pipeline.events import event_named

ARRIVED = Counter({1: 3, 2: 1, 3: 1, 4: 1, None: 1})
"""Post 1 has two good versions and a bad one, post 4 a bad one only."""
REJECTED = pd.DataFrame(
    [
        ("geo", '{"ind":1,"latitude":200}', "latitude"),
        ("geo", '{"ind":4,"latitude":200}', "latitude"),
        ("geo", "hello", "not JSON"),
        ("pin", '{"index":9}', "no key"),
    ],
    columns=["event", "payload", "reason"],
)
CONTENTS = Contents(clean={"geo": 3, "pin": 9}, merged={"geo": 4, "pin": 10}, rejected=REJECTED)


def counts(contents: Contents) -> dict[str, int]:
    return count_tables(contents, event_named("geo"), ARRIVED)


def adds_up(contents: Contents) -> bool:
    lines = ARRIVED.total()
    posted = {"rows in source": lines, "acknowledged": lines, "refused": 0}
    stored = {"new in Kafka": lines, "in Kafka": lines, "dead letters": 0, "landed": lines}
    return Account(BATCH, "geo", {**posted, **stored, **counts(contents)}).adds_up


def test_every_line_is_clean_superseded_or_rejected() -> None:
    assert counts(CONTENTS) == {"clean": 3, "superseded": 1, "rejected": 3}
    assert adds_up(CONTENTS)


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONTENTS, clean={"geo": 0}),
        replace(CONTENTS, clean={"geo": 2}),
        replace(CONTENTS, clean={"geo": 4}),
        replace(CONTENTS, rejected=REJECTED[3:]),
        replace(CONTENTS, rejected=REJECTED[1:]),
        replace(CONTENTS, merged={"pin": 10}),
        replace(CONTENTS, merged={"geo": 3}),
    ],
    ids=["no rows", "lost", "extra", "none rejected", "rejected lost", "no load", "load lost"],
)
def test_lost_and_extra_rows_are_detected(changed: Contents) -> None:
    assert not adds_up(changed)
