"""The list of events, and the names of their topics."""

from __future__ import annotations

import pytest

from pinterest_pipeline.errors import PipelineError, UnknownEventError, UserIdError
from pinterest_pipeline.events import EVENTS, event_named, topic


def test_there_are_three_events_and_each_has_its_key_among_its_fields() -> None:
    assert [(event.name, event.key) for event in EVENTS] == [
        ("pin", "index"),
        ("geo", "ind"),
        ("user", "ind"),
    ]
    assert all(event.key in event.schema.names for event in EVENTS)


def test_an_event_is_found_by_its_name() -> None:
    assert event_named("geo").name == "geo"


def test_an_unknown_event_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownEventError, match=r"pin, geo, user; got 'like'"):
        event_named("like")


@pytest.mark.parametrize("user_id", ["demo", "0a1b2c3d", "A.b-c_d", 236 * "a"])
def test_a_topic_is_user_id_and_event(user_id: str) -> None:
    assert topic(user_id, event_named("pin")) == f"{user_id}.pin"


@pytest.mark.parametrize(
    "user_id", ["", "_demo", ".demo", "-demo", "a/b", "a*", "{a}", "a b", "a\n", 237 * "a"]
)
def test_a_user_id_whose_folder_spark_would_not_read_is_an_error(user_id: str) -> None:
    with pytest.raises(UserIdError, match="Post under, and clean, another user id"):
        topic(user_id, event_named("pin"))


def test_every_error_has_one_base() -> None:
    assert issubclass(UserIdError, PipelineError)
    assert issubclass(UnknownEventError, PipelineError)
