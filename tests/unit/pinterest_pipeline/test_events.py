"""The list of events."""

from __future__ import annotations

import pytest

from pinterest_pipeline.errors import UnknownEventError
from pinterest_pipeline.events import EVENTS, event_named


def test_there_are_three_events_and_each_has_its_key_among_its_fields() -> None:
    assert [(event.name, event.key) for event in EVENTS] == [
        ("pin", "index"),
        ("geo", "ind"),
        ("user", "ind"),
    ]
    assert all(event.key in event.schema.names for event in EVENTS)


def test_an_unknown_event_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownEventError, match=r"pin, geo, user; got 'like'"):
        event_named("like")
