"""The names derived from a user id."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from pinterest_pipeline.errors import UserIdError
from pinterest_pipeline.names import (
    dead_letter_topic,
    stream_name,
    stream_names,
    topic,
    topics,
    validate_user_id,
)

LONGEST = "a" * 113


def test_topics_and_streams_of_a_user() -> None:
    assert topics("demo") == ["demo.pin", "demo.geo", "demo.user"]
    assert stream_names("demo") == [
        "streaming-demo-pin",
        "streaming-demo-geo",
        "streaming-demo-user",
    ]
    assert dead_letter_topic("demo") == "demo.dead_letters"


@pytest.mark.parametrize("user_id", ["0a1b2c3d", "Ann", "A.b-c_d", LONGEST])
def test_a_valid_user_id_is_used_unchanged(user_id: str) -> None:
    assert validate_user_id(user_id) == user_id
    assert topic(user_id, "pin") == f"{user_id}.pin"


def test_the_longest_user_id_fills_a_stream_name() -> None:
    assert max(map(len, stream_names(LONGEST))) == 128


@pytest.mark.parametrize(
    "user_id", ["", "_demo", ".demo", "-demo", "a/b", "a*", "{a}", "a b", "a\n", "é", LONGEST + "a"]
)
@pytest.mark.parametrize("name", [topic, stream_name])
def test_an_invalid_user_id_is_refused(name: Callable[[str, str], str], user_id: str) -> None:
    with pytest.raises(UserIdError, match="Expected a user id of 1 to 113 letters"):
        name(user_id, "pin")


def test_names_need_no_spark() -> None:
    program = "import sys, pinterest_pipeline.names; print('pyspark' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
