"""Which posts a run sends, and reading them."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from emulation.errors import SourceError
from emulation.payloads import Refusal
from emulation.posts import (
    Page,
    Payload,
    Post,
    PostRange,
    find_range,
    merge_by_index,
    posts_in_order,
    random_posts,
    zip_pages,
)
from emulation.source import Rows, Source, open_source
from tests.support.sources import geo, pin, user, write_posts, write_source


def event_of(payload: Payload) -> dict[str, object]:
    assert isinstance(payload, bytes)
    return dict(json.loads(payload))


def title_of(post: Post) -> str:
    return str(event_of(*post.payloads[0])["title"])


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


@settings(max_examples=60, deadline=None)
@given(
    tables=st.tuples(*3 * [st.lists(st.integers(-2, 6), max_size=10)]).filter(any),
    limit=st.none() | st.integers(1, 8),
    resume_after=st.none() | st.integers(-4, 8),
)
def test_the_posts_of_a_range_are_the_indexes_of_all_tables(
    tables: tuple[list[int], ...], limit: int | None, resume_after: int | None
) -> None:
    with TemporaryDirectory() as folder:
        rows = (list(map(row, of)) for row, of in zip((pin, geo, user), tables, strict=True))
        pins, geos, users = rows
        url = write_source(Path(folder, "a.db"), pins, geos, users)
        post_range = range_of(url, limit, resume_after)
    indexes = sorted(set().union(*tables))[:limit]
    after = indexes[0] - 1 if resume_after is None else resume_after
    assert (post_range.first, post_range.last) == (indexes[0], indexes[-1])
    assert post_range.posts == sum(index > after for index in indexes)


@pytest.mark.parametrize("limit", [None, 3, 99])
def test_indexes_without_gaps_need_no_union_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    queries = []
    read = Source.read

    def noting(source: Source, query: sa.Executable) -> Rows:
        queries.append(str(query))
        return read(source, query)

    monkeypatch.setattr(Source, "read", noting)
    post_range = range_of(write_posts(tmp_path / "a.db", range(5)), limit)

    assert post_range.posts == min(limit or 5, 5)
    assert not [query for query in queries if "UNION" in query]


def test_a_limit_counts_posts_that_only_one_table_has(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(4)], [geo(2), geo(2)], [user(3)])
    post_range = range_of(url, limit=3)
    assert (post_range.last, post_range.posts) == (3, 3)
    assert post_range.rows == {"pin": 1, "geo": 2, "user": 1}


def test_rows_without_an_index_are_counted(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(None)])
    post_range = range_of(url)
    reason = "the row has no index, which is its record's key"
    assert post_range.refusals == [Refusal("pin", None, reason)]
    assert post_range.rows["pin"] == 2
    assert range_of(url, limit=5).refusals == []


def test_rows_whose_index_is_not_a_whole_number_are_counted_and_shown(tmp_path: Path) -> None:
    create = "CREATE TABLE geolocation_data (ind, timestamp, latitude, longitude, country)"
    rows = [(index, *geo(1)[1:]) for index in (1.5, "ten", b"\x01", 7.0, 1e300, None, 3)]
    url = write_source(tmp_path / "a.db", geos=rows, create={"geo": create})
    post_range = range_of(url)
    reason = "geolocation_data.ind is not a whole number"
    assert post_range.refusals[1:] == [Refusal("geo", "1.5, ten, X'01'", reason, rows=4)]
    assert (post_range.first, post_range.last, post_range.posts) == (3, 7, 2)
    assert post_range.rows["geo"] == 7
    with open_source(url) as source:
        assert [post.index for post in posts_in_order(source, post_range)] == [3, 7]


def test_a_key_that_is_not_text_in_utf8_is_counted(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(2)])
    change = "UPDATE pinterest_data SET \"index\" = CAST(x'e9' AS TEXT) WHERE rowid = 2"
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute(change)
        connection.commit()
    reason = "pinterest_data.index is not a whole number"
    assert range_of(url).refusals == [Refusal("pin", None, reason)]


def test_a_source_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no rows"):
        range_of(write_source(tmp_path / "a.db"))


def test_a_source_without_a_whole_number_as_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="indexes are not whole numbers"):
        range_of(write_source(tmp_path / "a.db", [pin(None)]))


def test_posts_are_merged_by_index() -> None:
    pins: Iterator[Page] = iter([([1], [b"p1"]), ([2, 2], [b"p2", b"p2 again"])])
    geos: Iterator[Page] = iter([([2, 3], [b"g2", b"g3"])])
    users: Iterator[Page] = iter([([1], [b"u1"])])
    assert list(merge_by_index([pins, geos, users])) == [
        Post(1, ((b"p1",), (), (b"u1",))),
        Post(2, ((b"p2", b"p2 again"), (b"g2",), ())),
        Post(3, ((), (b"g3",), ())),
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
    assert [event_of(payload)["ind"] for payload in posts[0].payloads[1]] == [2]
    assert [event_of(payload)["age"] for payload in posts[1].payloads[2]] == [None]


def test_a_refused_row_stays_in_its_place(tmp_path: Path) -> None:
    """The second title has half a surrogate pair, which SQLite's driver does not read."""
    path = tmp_path / "a.db"
    url = write_source(path, [pin(1), pin(2), pin(2, "fine"), pin(3)], [geo(1), geo(2), geo(3)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE pinterest_data SET title = CAST(x'ff' AS TEXT) WHERE rowid = 2")
        connection.commit()
    with open_source(url) as source:
        posts = list(posts_in_order(source, find_range(source)))
    kinds = [[type(payload).__name__ for payload in post.payloads[0]] for post in posts]
    assert [post.index for post in posts] == [1, 2, 3]
    assert kinds == [["bytes"], ["bytes", "Refusal"], ["bytes"]]


def test_random_posts_are_whole_repeatable_and_without_end(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(3), pin(90)], [geo(3), geo(90)], [user(3)])
    with open_source(url) as source:
        first = list(islice(random_posts(source, random.Random(1)), 50))
        again = list(islice(random_posts(source, random.Random(1)), 50))
    assert first == again
    assert {post.index for post in first} == {3, 90}
    assert {tuple(map(len, post.payloads)) for post in first} == {(1, 1, 1), (1, 1, 0)}


def test_random_posts_follow_the_rows_that_change(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    url = write_source(path, [pin(5, "before")])
    with open_source(url) as source, closing(sqlite3.connect(path)) as connection:
        posts = random_posts(source, random.Random(1))
        assert title_of(next(posts)) == "before"
        connection.execute("UPDATE pinterest_data SET title = 'after'")
        connection.commit()
        assert title_of(next(posts)) == "after"
        connection.execute('UPDATE pinterest_data SET "index" = 70')
        connection.commit()
        assert next(posts).index == 70
