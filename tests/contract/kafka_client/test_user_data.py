"""The script of the first boot, as Terraform renders it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kafka_client import rendered_user_data

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
USER_DATA_LIMIT = 16 * 1024


def test_shellcheck_accepts_the_first_boot(tmp_path: Path) -> None:
    script = tmp_path / "user_data.sh"
    script.write_text(rendered_user_data(tmp_path))

    result = subprocess.run(
        [str(SHELLCHECK), "--enable=all", "--exclude=SC2250,SC2310,SC2312", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout
    assert script.stat().st_size < USER_DATA_LIMIT


def test_the_first_boot_contains_no_secret(tmp_path: Path) -> None:
    script = rendered_user_data(tmp_path)

    assert "--name '/pinterest/proxy-secret'" in script
    assert "(umask 077 && printf" in script


@pytest.mark.parametrize(
    ("serverless", "command"), [(True, "--partitions 3 --serverless;"), (False, "--partitions 3;")]
)
def test_topics_fit_the_kind_of_cluster(tmp_path: Path, serverless: bool, command: str) -> None:
    assert command in rendered_user_data(tmp_path, serverless=serverless)
