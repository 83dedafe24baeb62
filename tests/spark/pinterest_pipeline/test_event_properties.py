"""A good event becomes its clean row, whatever its values and their form in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from tests.support.outcomes import outcomes
from tests.support.strategies import drawn, events, wire_bytes

_EVENTS = 300
_Values = Mapping[str, Any]


def _pin(put: _Values) -> dict[str, object]:
    return {"ind": put["index"]} | {name: put[name] for name in put if name != "index"}


def _geo(put: _Values) -> dict[str, object]:
    coordinates = [put["latitude"], put["longitude"]]
    plain = {name: put[name] for name in ("ind", "timestamp", "country")}
    return plain | {"coordinates": None if None in coordinates else coordinates}


def _user(put: _Values) -> dict[str, object]:
    known = [name for name in (put["first_name"], put["last_name"]) if name is not None]
    plain = {name: put[name] for name in ("ind", "age", "date_joined")}
    return plain | {"user_name": " ".join(known) or None}


@pytest.mark.parametrize(("event", "clean"), [("pin", _pin), ("geo", _geo), ("user", _user)])
def test_a_good_event_becomes_its_clean_row(
    spark: SparkSession, shared_path: str, event: str, clean: Callable[[_Values], dict[str, object]]
) -> None:
    between = st.sampled_from(["", " ", "\t", "\r\n"])
    good = drawn(st.tuples(events(event), between), _EVENTS)
    payloads = [wire_bytes(wire, space) for (wire, _), space in good]

    different = [
        f"{name}: expected {value!r}, got {outcome[name]!r}, from {payload!r}"
        for payload, ((_, put), _), (outcome,) in zip(
            payloads, good, outcomes(spark, event, payloads, shared_path), strict=True
        )
        for name, value in (clean(put) | {"payload": None, "reason": None}).items()
        if outcome[name] != value
    ]
    assert not different, "\n".join(different[:5])
