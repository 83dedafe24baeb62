"""The varied lines hold every variation that the equality benchmark needs."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from benchmarks.variations import Line, varied_lines
from emulation.payloads import EVENTS, Event
from emulation.synthetic.posts import synthetic_posts
from tests.support.reference_model import SPACES

POSTS = 20_000


@pytest.fixture(scope="module")
def lines() -> dict[str, list[Line]]:
    return {
        event.name: list(varied_lines(event, rows))
        for event, rows in zip(EVENTS, zip(*synthetic_posts(POSTS), strict=True), strict=True)
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_good_bad_and_second_versions(lines: dict[str, list[Line]], event: Event) -> None:
    own = lines[event.name]
    keys = Counter(json.loads(line.text)[event.key] for line in own if line.good)

    assert sorted(keys) == list(range(POSTS))
    assert 0.02 < sum(count > 1 for count in keys.values()) / POSTS < 0.03
    assert 0.005 < sum(not line.good for line in own) / POSTS < 0.02


def test_every_line_is_one_line(lines: dict[str, list[Line]]) -> None:
    assert not any(b"\n" in line.text for event in lines.values() for line in event)


def test_the_same_lines_each_time(lines: dict[str, list[Line]]) -> None:
    posts = zip(*synthetic_posts(POSTS), strict=True)
    again = {e.name: list(varied_lines(e, rows)) for e, rows in zip(EVENTS, posts, strict=True)}

    assert again == lines


def test_second_versions_follow_in_the_same_object_and_in_later_ones(
    lines: dict[str, list[Line]],
) -> None:
    places: dict[int, list[int]] = {}
    for place, line in enumerate(lines["pin"]):
        if line.good:
            places.setdefault(json.loads(line.text)["index"], []).append(place)
    apart = [seen[-1] - seen[0] for seen in places.values() if len(seen) > 1]

    assert min(apart) < 1_000
    assert max(apart) > 10_000


@pytest.mark.parametrize("column", ["title", "poster_name", "category"])
def test_white_space_of_every_kind_at_the_ends(lines: dict[str, list[Line]], column: str) -> None:
    texts = [json.loads(line.text)[column] or "" for line in lines["pin"] if line.good]

    assert set(SPACES) <= {text[:1] for text in texts}
    assert set(SPACES) <= {text[-1:] for text in texts}
    assert any(text[:1] == " " and text.strip().startswith("É") for text in texts)
