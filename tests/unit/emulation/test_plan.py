"""Which posts a run is to send."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.errors import SourceError
from emulation.plan import Plan, plan_posts
from emulation.source import open_source
from tests.unit.emulation.sources import geo, pin, user, write_posts, write_source


def planned(url: str, limit: int | None = None, after: int | None = None) -> Plan:
    with open_source(url) as source:
        return plan_posts(source, limit, after)


def test_all_posts(tmp_path: Path) -> None:
    plan = planned(write_posts(tmp_path / "a.db", [4, 7, 9]))
    assert (plan.first, plan.after, plan.last, plan.posts) == (4, 3, 9, 3)
    assert plan.rows == {"pin": 3, "geo": 3, "user": 3}
    assert plan.rows_before == {"pin": 0, "geo": 0, "user": 0}


def test_a_limit_counts_posts_from_the_first(tmp_path: Path) -> None:
    plan = planned(write_posts(tmp_path / "a.db", [4, 7, 9]), limit=2)
    assert (plan.last, plan.posts, plan.rows["pin"]) == (7, 2, 2)


def test_a_limit_beyond_the_source_means_all(tmp_path: Path) -> None:
    plan = planned(write_posts(tmp_path / "a.db", [4, 7, 9]), limit=50)
    assert (plan.last, plan.posts) == (9, 3)


def test_a_limit_counts_posts_that_only_one_table_has(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(4)], [geo(2), geo(2)], [user(3)])
    plan = planned(url, limit=3)
    assert (plan.last, plan.posts) == (3, 3)
    assert plan.rows == {"pin": 1, "geo": 2, "user": 1}


def test_after_an_earlier_run_only_the_rest_is_left(tmp_path: Path) -> None:
    plan = planned(write_posts(tmp_path / "a.db", [4, 7, 9, 12]), limit=3, after=7)
    assert (plan.after, plan.last, plan.posts) == (7, 9, 1)
    assert plan.rows == {"pin": 3, "geo": 3, "user": 3}
    assert plan.rows_before == {"pin": 2, "geo": 2, "user": 2}


def test_fewer_posts_than_an_earlier_run_sent_leave_nothing_to_send(tmp_path: Path) -> None:
    plan = planned(write_posts(tmp_path / "a.db", [4, 7, 9, 12]), limit=2, after=12)
    assert (plan.after, plan.last, plan.posts) == (12, 7, 0)
    assert plan.rows == {"pin": 2, "geo": 2, "user": 2}
    assert plan.rows_before == {"pin": 2, "geo": 2, "user": 2}


def test_rows_without_an_index_are_counted(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(1), pin(None)])
    plan = planned(url)
    assert plan.rows_without_key == {"pin": 1, "geo": 0, "user": 0}
    assert plan.rows["pin"] == 2


def test_a_source_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no rows"):
        planned(write_source(tmp_path / "a.db"))


@pytest.mark.parametrize("index", ["ten", "10", 1.5])
def test_an_index_that_is_no_whole_number_is_named(tmp_path: Path, index: object) -> None:
    create = "CREATE TABLE geolocation_data (ind, timestamp, latitude, longitude, country)"
    url = write_source(tmp_path / "a.db", geos=[(index, *geo(1)[1:])], create={"geo": create})
    with pytest.raises(SourceError, match=f"geolocation_data has {index!r} in column ind"):
        planned(url)
