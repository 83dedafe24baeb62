"""Files that are filled with values, and written so that readers never see an incomplete one."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.errors import StackError

__all__ = ["fill_placeholders", "write_atomically"]


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
