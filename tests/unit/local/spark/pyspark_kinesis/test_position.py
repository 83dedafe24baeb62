"""Where a new query begins."""

from __future__ import annotations

import json
import re

import pytest

from local.spark.pyspark_kinesis.position import LATEST, TRIM_HORIZON, parse_position

JUNE = 1_593_080_625.0  # 2020-06-25 10:23:45 UTC
HOUR = 3600


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("latest", LATEST),
        ("LATEST", LATEST),
        ("trim_horizon", TRIM_HORIZON),
        (" earliest ", TRIM_HORIZON),
    ],
)
def test_names(text: str, position: str) -> None:
    assert parse_position(text) == position


@pytest.mark.parametrize(
    ("moment", "pattern", "seconds"),
    [
        ("06/25/2020 10:23:45 UTC", None, JUNE),
        ("06/25/2020 10:23:45 PDT", None, JUNE + 7 * HOUR),
        ("06/25/2020 10:23:45 Europe/Paris", None, JUNE - 2 * HOUR),
        ("2020-06-25T10:23:45Z", "yyyy-MM-dd'T'HH:mm:ssX", JUNE),
        ("2020-06-25 12:23:45.120+02:00", "yyyy-MM-dd HH:mm:ss.SSSXXX", JUNE + 0.12),
        ("2020-06-25 10:23:45 +0000", "yyyy-MM-dd HH:mm:ss Z", JUNE),
        ("2020-06-25 10:23", "yyyy-MM-dd HH:mm", JUNE - 45),
    ],
)
def test_a_moment(moment: str, pattern: str | None, seconds: float) -> None:
    given = {"at_timestamp": moment} | ({"format": pattern} if pattern else {})
    assert parse_position(json.dumps(given)) == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", 'expected latest, trim_horizon, earliest or {"at_timestamp"'),
        ("[]", "expected latest"),
        ('{"timestamp": "06/25/2020 10:23:45 UTC"}', "expected latest"),
        ('{"at_timestamp": 5}', "expected latest"),
        ('{"at_timestamp": "2020"}', "expected a moment like MM/dd/yyyy"),
        ('{"at_timestamp": "06/25/2020 10:23:45 XYZ"}', "expected a time zone such as UTC"),
        ('{"at_timestamp": "20", "format": "yy"}', "expected a format of yyyy"),
        ('{"at_timestamp": "13/25/2020", "format": "MM/dd/yyyy"}', "month must be in 1..12"),
    ],
)
def test_what_is_none_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_position(text)
