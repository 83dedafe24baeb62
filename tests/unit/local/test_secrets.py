"""Secrets are created once, and only their owner can read them."""

from __future__ import annotations

from pathlib import Path

from local.secrets import Secrets


def test_each_state_folder_keeps_its_own_secrets(tmp_path: Path) -> None:
    one, other = Secrets.of(tmp_path / "one"), Secrets.of(tmp_path / "other")

    assert Secrets.of(tmp_path / "one") == one
    assert not set(one.model_dump().values()) & set(other.model_dump().values())
    assert (tmp_path / "one" / "secrets.json").stat().st_mode & 0o777 == 0o600
