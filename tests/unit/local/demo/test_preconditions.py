"""The tables hold the rows of one source."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.demo.errors import DemoError
from local.demo.preconditions import note_source, require_only_source
from local.settings import Settings

URL = "mysql+pymysql://ann:hidden@db/posts"


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"state": tmp_path, "user_id": "ann"})


@pytest.mark.parametrize("source", [None, URL, "not a URL"])
def test_the_first_source_is_free_and_may_come_again(empty: Settings, source: str | None) -> None:
    require_only_source(empty, source)
    note_source(empty, source)
    require_only_source(empty, source)


@pytest.mark.parametrize(("first", "second"), [(None, URL), (URL, None), (URL, "sqlite:///a.db")])
def test_another_source_is_refused(empty: Settings, first: str | None, second: str | None) -> None:
    note_source(empty, first)
    with pytest.raises(DemoError, match=r"ann has posted .* make down") as refused:
        require_only_source(empty, second)
    assert "hidden" not in str(refused.value)
    note_source(empty.model_copy(update={"user_id": "bob"}), second)
    require_only_source(empty.model_copy(update={"user_id": "bob"}), second)
