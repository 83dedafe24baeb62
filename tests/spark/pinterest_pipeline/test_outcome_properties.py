"""One record in, one record out: each payload is clean or rejected, and none is lost."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support import reference_model as model
from tests.support.hostile_payloads import each_value_in_each_field, payloads
from tests.support.outcomes import outcomes
from tests.support.reference_model import is_good
from tests.support.strategies import drawn

_PAYLOADS = 400
_OF_TEXT = ["unique_id", "title", "description", "poster_name", "is_image_or_video", "image_src"]
_OF_TEXT += ["category", "country", "user_name", "save_location"]


@pytest.mark.parametrize("event", ["pin", "geo", "user"])
def test_every_payload_is_clean_or_rejected_unchanged(
    spark: SparkSession, shared_path: str, event: str
) -> None:
    sent = drawn(payloads(event), _PAYLOADS) + each_value_in_each_field(event)
    results = outcomes(spark, event, sent, shared_path)

    assert Counter(len(outcome) for outcome in results) == {1: len(sent)}
    wrong = [
        f"{fault}: {outcome} from {payload!r}"
        for payload, (outcome,) in zip(sent, results, strict=True)
        for fault in _faults(payload, event, outcome)
    ]
    assert not wrong, "\n".join(wrong[:5])
    good = sum(outcome["reason"] is None for (outcome,) in results)
    assert _PAYLOADS // 20 < good < len(sent) - _PAYLOADS // 20  # else it proves little


def _faults(payload: bytes, event: str, outcome: dict[str, Any]) -> list[str]:
    """Return what is wrong with the outcome of `payload`."""
    if outcome["reason"] is None:
        faults = {
            "accepted": is_good(payload, event) is False,
            "no key": type(outcome["ind"]) is not int,
            "payload kept": outcome["payload"] is not None,
            "not clean": not _is_clean(outcome),
        }
    else:
        faults = {
            "rejected": is_good(payload, event) is True,
            "no reason": not outcome["reason"].strip(),
            "another payload": _kept(outcome) != payload,
            "base64 for text": ("base64" in outcome["reason"]) == _is_text(payload),
        }
    return [fault for fault, present in faults.items() if present]


def _kept(outcome: dict[str, Any]) -> bytes:
    if "base64" in outcome["reason"]:
        return base64.b64decode(outcome["payload"], validate=True)
    return str(outcome["payload"]).encode()


def _is_text(payload: bytes) -> bool:
    return payload.decode(errors="ignore").encode() == payload


def _is_clean(row: dict[str, Any]) -> bool:
    """Return whether the values satisfy the rules of their columns."""
    tags, count = row.get("tag_list"), row.get("follower_count")
    latitude, longitude = row.get("coordinates") or (0.0, 0.0)
    return all([
        *(model.text(name, row.get(name)) == row.get(name) for name in _OF_TEXT),
        tags is None or tags == model.tags(",".join(tags)),
        count is None or count >= 0,
        abs(latitude) <= 90 and abs(longitude) <= 180,
    ])
