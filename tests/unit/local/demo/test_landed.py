"""What has landed is counted by post, from the lines alone."""

from __future__ import annotations

from collections import Counter

import pytest

from local.demo.landed import lines_landed, post_of
from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running


@pytest.mark.parametrize(
    ("line", "post"),
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
def test_the_post_of_a_line(line: bytes | str, post: int | None) -> None:
    assert post_of(line, "ind") == post


def test_each_line_of_a_topic_counts_for_its_post(
    settings: Settings, secrets: Secrets, running: Running
) -> None:
    running("s3")
    s3 = s3_client(settings, secrets)
    for name, body in {
        "counted.geo/partition=0/a.json": b'{"ind":1}\n{"ind":2,\r"country":"Peru"}\n',
        "counted.geo/partition=1/b.json": b'{"ind":1}\nhello\n',
        "counted.geography/partition=0/c.json": b'{"ind":3}\n',
    }.items():
        s3.put_object(Bucket=settings.bucket, Key=f"topics/{name}", Body=body)

    assert lines_landed(s3, settings.bucket, "counted.geo", "ind") == Counter({1: 2, 2: 1, None: 1})
