"""Writing files so that readers never see an incomplete one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, text: str, *, mode: int = 0o600, overwrite: bool = True) -> None:
    """Write `text` to `path`; a reader sees the old file or the whole new one.

    Args:
        path: The file. Its folder must exist.
        text: The content, written as UTF-8.
        mode: Permissions of the file. Default: only the owner may read and write it.
        overwrite: Whether to replace an existing file.

    Raises:
        FileExistsError: Raised when the file exists and `overwrite` is false.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
        if overwrite:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
