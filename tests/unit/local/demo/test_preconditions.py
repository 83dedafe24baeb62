"""The tables of one schema hold the posts of one user and one source."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from local.demo.preconditions import noted_source, require_only_source, require_only_user
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
    with noted_source(sources, "ann", source, tmp_path / "posted.json"):
        pass
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
    summary = tmp_path / "posted.json"
    with noted_source(sources, "ann", first, summary):
        pass
    with pytest.raises(StackError, match=r"ann has posted .* make down") as refusal:
        require("ann", second)
    assert "hidden" not in str(refusal.value)
    with noted_source(sources, "bob", second, summary):
        pass
    require("bob", second)


@pytest.mark.parametrize(
    ("error", "begun"), [(KeyboardInterrupt, False), (KeyboardInterrupt, True), (StackError, True)]
)
def test_a_source_is_noted_when_posting_ends_early(
    tmp_path: Path, error: type[BaseException], begun: bool
) -> None:
    sources, summary = tmp_path / "sources.json", tmp_path / "posted.json"
    if begun:
        summary.touch()
    with pytest.raises(error), noted_source(sources, "ann", URL, summary):
        raise error
    with pytest.raises(StackError, match="ann has posted"):
        require_only_source(sources, "ann", None)


@pytest.mark.parametrize("before", [None, URL])
def test_a_source_that_could_not_be_posted_is_not_noted(tmp_path: Path, before: str | None) -> None:
    sources, summary = tmp_path / "sources.json", tmp_path / "posted.json"
    with noted_source(sources, "ann", before, summary):
        pass
    with pytest.raises(StackError), noted_source(sources, "ann", "sqlite:///none.db", summary):
        raise StackError("the emulator ended with 1")
    require_only_source(sources, "ann", before)
