"""No command of the project prints a traceback."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[2]
COMMANDS = {
    str(path.relative_to(ROOT))
    for folder in ("emulation", "ingestion", "local", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "import typer" in (text := path.read_text()) and '__name__ == "__main__"' in text
} | {"user_posting_emulation.py"}


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Restore the umask, which a command changes for its process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_an_unexpected_error_is_one_message_with_the_traceback_in_a_file(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("no [bold] idea\nsecond line")

    monkeypatch.setattr(typer.Typer, "__call__", fail)
    monkeypatch.setattr(typer, "run", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(SystemExit) as raised:
        runpy.run_path(str(ROOT / command), run_name="__main__")

    [file] = tmp_path.iterdir()
    shown = capsys.readouterr().err if raised.value.code == 1 else f"{raised.value.code}\n"
    assert shown == (
        "error: unexpected RuntimeError: no [bold] idea\n"
        f"The traceback is in {file}. Report it with the command that you ran.\n"
    )
    assert "second line" in file.read_text()
