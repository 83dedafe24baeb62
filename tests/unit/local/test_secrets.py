"""Secrets are created once, and only their owner can read them."""

from __future__ import annotations

from pathlib import Path

from local.secrets import Secrets


def test_secrets_stay_the_same_in_one_state_folder(tmp_path: Path) -> None:
    assert Secrets.of(tmp_path) == Secrets.of(tmp_path)


def test_each_state_folder_has_its_own_secrets(tmp_path: Path) -> None:
    one, other = Secrets.of(tmp_path / "one"), Secrets.of(tmp_path / "other")

    assert not set(one.model_dump().values()) & set(other.model_dump().values())


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    Secrets.of(tmp_path)

    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
