"""Secrets are created once, and only their owner can read them."""

from __future__ import annotations

import json
from pathlib import Path

from local.secrets import Secrets


def test_each_state_folder_keeps_its_own_secrets(tmp_path: Path) -> None:
    one, other = Secrets.of(tmp_path / "one"), Secrets.of(tmp_path / "other")

    assert Secrets.of(tmp_path / "one") == one
    assert not set(one.values()) & set(other.values())
    assert (tmp_path / "one" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_an_older_file_lacks_is_created_once(tmp_path: Path) -> None:
    older = Secrets.of(tmp_path).model_dump(exclude={"jupyter_token"})
    (tmp_path / "secrets.json").write_text(json.dumps(older))

    completed = Secrets.of(tmp_path)

    assert Secrets.of(tmp_path) == completed
    assert completed.model_dump(exclude={"jupyter_token"}) == older


def test_only_its_owner_can_read_a_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o755)
    for name in ("old", "new"):
        Secrets.of(tmp_path / name)

    assert [folder.stat().st_mode & 0o777 for folder in tmp_path.iterdir()] == [0o700, 0o700]
