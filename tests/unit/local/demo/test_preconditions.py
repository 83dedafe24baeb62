"""The tables of one schema hold the posts of one user and one source."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from local.demo.preconditions import note_source, require_only_source, require_only_user
from local.errors import StackError

URL = "mysql+pymysql://ann:hidden@db/posts"


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """Checkpoints of the user ann.lee in the schema `posts`."""
    for event in ("pin", "geo", "user"):
        (tmp_path / "posts" / f"ann.lee.{event}").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("user_id", "schemas"),
    [("ann.lee", ["posts", "streamed"]), ("bob", ["posts_of_bob", "streamed"])],
    ids=["the same user", "another user with its own tables"],
)
def test_a_user_may_use_its_own_tables(checkpoints: Path, user_id: str, schemas: list[str]) -> None:
    require_only_user(user_id, checkpoints, "spark_catalog", schemas)


@pytest.mark.parametrize("schemas", [["posts", "streamed"], ["posts_of_bob", "posts"]])
def test_the_tables_of_another_user_are_refused(checkpoints: Path, schemas: list[str]) -> None:
    message = (
        r"spark_catalog\.posts hold the posts of ann\.lee, .* bob .*"
        "PINTEREST_STREAM_SCHEMA=<another new name>"
    )
    with pytest.raises(StackError, match=message):
        require_only_user("bob", checkpoints, "spark_catalog", schemas)


@pytest.mark.parametrize("source", [None, URL])
def test_the_first_source_is_accepted_each_time(tmp_path: Path, source: str | None) -> None:
    sources = tmp_path / "sources.json"
    require_only_source(sources, "ann", source)
    note_source(sources, "ann", source)
    require_only_source(sources, "ann", source)


@pytest.mark.parametrize("url", ["hidden", "mysql+pymysql://ann:hid@hidden@db/posts"])
def test_an_invalid_url_is_explained_before_the_stack_starts(tmp_path: Path, url: str) -> None:
    with pytest.raises(StackError, match=r"^The source.* a URL|^The source is not") as refusal:
        require_only_source(tmp_path / "sources.json", "ann", url)
    assert "hid" not in str(refusal.value)


@pytest.mark.parametrize(("first", "second"), [(None, URL), (URL, None), (URL, "sqlite:///a.db")])
def test_another_source_is_refused_unless_another_user_posts_it(
    tmp_path: Path, first: str | None, second: str | None
) -> None:
    require = partial(require_only_source, sources := tmp_path / "sources.json")
    note_source(sources, "ann", first)
    with pytest.raises(StackError, match=r"ann has posted .* make down") as refusal:
        require("ann", second)
    assert "hidden" not in str(refusal.value)
    note_source(sources, "bob", second)
    require("bob", second)
