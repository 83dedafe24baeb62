"""The tables of one schema hold the posts of one user."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.demo.errors import DemoError
from local.demo.only_user import require_only_user
from local.settings import Settings


@pytest.fixture
def of_ann(settings: Settings, tmp_path: Path) -> Settings:
    """An environment whose tables hold the posts of ann.lee."""
    for event in ("pin", "geo", "user"):
        (tmp_path / "spark" / "checkpoints" / "posts" / f"ann.lee.{event}").mkdir(parents=True)
    ann = {"state": tmp_path, "schema_name": "posts", "user_id": "ann.lee"}
    return settings.model_copy(update=ann)


def test_the_same_user_may_go_on(of_ann: Settings) -> None:
    require_only_user(of_ann)


def test_another_user_is_refused(of_ann: Settings) -> None:
    with pytest.raises(DemoError, match=r"spark_catalog\.posts hold the posts of ann\.lee, .* bob"):
        require_only_user(of_ann.model_copy(update={"user_id": "bob"}))


def test_another_user_may_have_tables_of_its_own(of_ann: Settings) -> None:
    require_only_user(of_ann.model_copy(update={"user_id": "bob", "schema_name": "of_bob"}))


def test_the_tables_of_the_streams_are_looked_at_too(of_ann: Settings) -> None:
    bob = {"user_id": "bob", "schema_name": "of_bob", "stream_schema_name": "posts"}
    with pytest.raises(DemoError, match="PINTEREST_STREAM_SCHEMA=<another new name>"):
        require_only_user(of_ann.model_copy(update=bob))
