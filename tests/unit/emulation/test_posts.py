"""Which posts a run sends, and reading them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from emulation.errors import SourceError
from emulation.posts import (
    Page,
    Post,
    PostRange,
    find_range,
    merge_by_index,
    posts_in_order,
    random_posts,
    zip_pages,
)
from emulation.source import open_source
from tests.support.sources import geo, pin, user, write_posts, write_source


def range_of(url: str, limit: int | None = None, resume_after: int | None = None) -> PostRange:
    with open_source(url) as source:
        return find_range(source, limit, resume_after)


@pytest.mark.parametrize(
    ("limit", "resume_after", "bounds", "posts", "rows", "rows_before"),
    [
        (None, None, (4, 3, 12), 4, 4, 0),
        (2, None, (4, 3, 7), 2, 2, 0),  # a limit counts posts from the first
        (50, None, (4, 3, 12), 4, 4, 0),
        (3, 7, (4, 7, 9), 1, 3, 2),  # an earlier run sent the posts up to 7
        (2, 12, (4, 12, 7), 0, 2, 2),  # an earlier run sent more posts
    ],
)
def test_the_range_of_a_run(
    tmp_path: Path,
    limit: int | None,
    resume_after: int | None,
    bounds: tuple[int, int, int],
    posts: int,
    rows: int,
    rows_before: int,
) -> None:
    url = write_posts(tmp_path / "a.db", [4, 7, 9, 12])
    post_range = range_of(url, limit, resume_after)
    assert (post_range.first, post_range.resume_after, post_range.last) == bounds
    assert post_range.posts == posts
    assert post_range.rows == dict.fromkeys(["pin", "geo", "user"], rows)
    assert post_range.rows_before == dict.fromkeys(["pin", "geo", "user"], rows_before)


def test_a_limit_counts_posts_that_only_one_table_has(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(4)], [geo(2), geo(2)], [user(3)])
    post_range = range_of(url, limit=3)
    assert (post_range.last, post_range.posts) == (3, 3)
    assert post_range.rows == {"pin": 1, "geo": 2, "user": 1}


def test_rows_without_an_index_are_counted(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(None)])
    post_range = range_of(url)
    assert post_range.rows_without_key == {"pin": 1, "geo": 0, "user": 0}
    assert post_range.rows["pin"] == 2


def test_a_source_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no rows"):
        range_of(write_source(tmp_path / "a.db"))


@pytest.mark.parametrize("index", ["ten", "10", 1.5])
def test_an_index_that_is_not_a_whole_number_is_named(tmp_path: Path, index: object) -> None:
    create = "CREATE TABLE geolocation_data (ind, timestamp, latitude, longitude, country)"
    url = write_source(tmp_path / "a.db", geos=[(index, *geo(1)[1:])], create={"geo": create})
    with pytest.raises(SourceError, match=f"geolocation_data has {index!r} in column ind"):
        range_of(url)


def test_posts_are_merged_by_index() -> None:
    pins = iter([([1], [b"p1"]), ([2, 2], [b"p2", b"p2 again"])])
    geos = iter([([2, 3], [b"g2", b"g3"])])
    users = iter([([1], [b"u1"])])
    assert list(merge_by_index([pins, geos, users])) == [
        Post(1, ([b"p1"], [], [b"u1"])),
        Post(2, ([b"p2", b"p2 again"], [b"g2"], [])),
        Post(3, ([], [b"g3"], [])),
    ]


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
def test_zipped_pages_equal_pages_merged_index_by_index(
    tables: list[list[list[int]]],
) -> None:
    def pages(event: int) -> Iterator[Page]:
        for keys in tables[event]:
            yield keys, [b"%d of %d" % (key, event) for key in keys]

    expected = list(merge_by_index([pages(event) for event in range(3)]))
    assert list(zip_pages([pages(event) for event in range(3)])) == expected


def test_posts_of_a_source_are_those_of_the_plan(tmp_path: Path) -> None:
    url = write_source(
        tmp_path / "a.db",
        [pin(1), pin(2), pin(3)],
        [geo(2), geo(3)],
        [user(1), user(2), user(3, None)],
    )
    with open_source(url) as source:
        posts = list(posts_in_order(source, find_range(source, resume_after=1)))
    assert [post.index for post in posts] == [2, 3]
    assert [json.loads(payload)["ind"] for payload in posts[0].payloads[1]] == [2]
    assert [json.loads(payload)["age"] for payload in posts[1].payloads[2]] == [None]


def test_random_posts_are_whole_repeatable_and_without_end(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(3), pin(90)], [geo(3), geo(90)], [user(3)])
    with open_source(url) as source:
        post_range = find_range(source)
        first = list(islice(random_posts(source, post_range, random.Random(1)), 50))
        again = list(islice(random_posts(source, post_range, random.Random(1)), 50))
    assert first == again
    assert {post.index for post in first} == {3, 90}
    assert {tuple(map(len, post.payloads)) for post in first} == {(1, 1, 1), (1, 1, 0)}
