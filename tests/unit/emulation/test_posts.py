"""Posts from three tables side by side."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from emulation.plan import plan_posts
from emulation.posts import Page, Post, merged, posts_in_order, random_posts, side_by_side
from emulation.source import open_source
from tests.unit.emulation.sources import geo, pin, user, write_source


def test_posts_are_merged_by_index() -> None:
    pins = iter([(1, b"p1"), (2, b"p2"), (2, b"p2 again")])
    geos = iter([(2, b"g2"), (3, b"g3")])
    users = iter([(1, b"u1")])
    assert list(merged([pins, geos, users])) == [
        Post(1, ([b"p1"], [], [b"u1"])),
        Post(2, ([b"p2", b"p2 again"], [b"g2"], [])),
        Post(3, ([], [b"g3"], [])),
    ]


def test_nothing_is_merged_from_nothing() -> None:
    assert list(merged([iter([]), iter([]), iter([])])) == []


@pytest.mark.parametrize(
    "tables",
    [
        [[[1, 2], [3]], [[1, 2], [3]], [[1, 2], [3]]],
        [[[1, 2], [3, 4]], [[1, 2], [4]], [[1, 2], [3, 4]]],
        [[[1, 2], [3, 4]], [[1, 2]], [[1, 2], [3, 4], [5]]],
        [[[1, 1]], [[1, 1]], [[1, 1]]],
        [[[1]], [], [[1]]],
        [[], [], []],
    ],
)
def test_pages_side_by_side_are_what_is_merged_index_by_index(
    tables: list[list[list[int]]],
) -> None:
    def pages(event: int) -> Iterator[Page]:
        for keys in tables[event]:
            yield keys, [b"%d of %d" % (key, event) for key in keys]

    def keyed(event: int) -> Iterator[tuple[float, bytes]]:
        for keys, records in pages(event):
            yield from zip(keys, records, strict=True)

    expected = list(merged([keyed(event) for event in range(3)]))
    assert list(side_by_side([pages(event) for event in range(3)])) == expected


def test_posts_of_a_source_are_those_of_the_plan(tmp_path: Path) -> None:
    url = write_source(
        tmp_path / "a.db",
        [pin(1), pin(2), pin(3)],
        [geo(2), geo(3)],
        [user(1), user(2), user(3, None)],
    )
    with open_source(url) as source:
        posts = list(posts_in_order(source, plan_posts(source, after=1)))
    assert [post.index for post in posts] == [2, 3]
    assert [json.loads(payload)["ind"] for payload in posts[0].payloads[1]] == [2]
    assert [json.loads(payload)["age"] for payload in posts[1].payloads[2]] == [None]


def test_random_posts_are_whole_repeatable_and_without_end(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(3), pin(90)], [geo(3), geo(90)], [user(3)])
    with open_source(url) as source:
        plan = plan_posts(source)
        first = list(islice(random_posts(source, plan, random.Random(1)), 50))
        again = list(islice(random_posts(source, plan, random.Random(1)), 50))
    assert first == again
    assert {post.index for post in first} == {3, 90}
    assert {tuple(map(len, post.payloads)) for post in first} == {(1, 1, 1), (1, 1, 0)}
