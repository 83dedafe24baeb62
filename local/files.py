"""Files that are filled with values, written completely or not at all, and kept small."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.errors import StackError

__all__ = ["empty_folder", "fill_placeholders", "limit_size", "write_atomically"]


def fill_placeholders(text: str, values: Mapping[str, object]) -> str:
    """Return `text` with each `${name}` replaced, also in comments, like Terraform's templatefile.

    Raises:
        StackError: Raised when a placeholder has no value, or a value has no placeholder.
    """
    placeholder = re.compile(r"\$\{(\w+)\}")
    wanted = set(placeholder.findall(text))
    if wanted != values.keys():
        raise StackError(
            f"placeholders without a value: {sorted(wanted - values.keys())}; "
            f"values without a placeholder: {sorted(values.keys() - wanted)}"
        )
    return placeholder.sub(lambda match: str(values[match[1]]), text)


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to `path`, which only its owner may read; its folder must exist.

    A reader sees the old file or the whole new one.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def limit_size(log: Path, max_bytes: int) -> None:
    """Move what a larger log holds to `<name>.1`, which replaces an older one.

    Its writer may have the file open for appending. Lines that it writes between the copy and the
    truncation are lost, and on a full disk the whole log.
    """
    if not log.exists() or log.stat().st_size <= max_bytes:
        return
    with suppress(OSError):
        shutil.copy(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def empty_folder(folder: Path) -> None:
    """Create a folder, without what an earlier process has left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
