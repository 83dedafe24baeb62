"""Commands use the packages of their own environment, whatever `PYTHONPATH` names.

Uses only the standard library, because the user's `PYTHONPATH` applies while this is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["ignore_other_packages", "own_folders"]

_ROOT = Path(__file__).resolve().parents[1]


def ignore_other_packages() -> None:
    """Run `python -m …` again without the folders of `PYTHONPATH` outside this checkout.

    Services and scripts name folders of the checkout there; these stay.
    """
    before = os.environ.get("PYTHONPATH", "")
    own = own_folders(before)
    if own != before and sys.argv[:1] == ["-m"]:  # while runpy looks for the module to run
        os.environ["PYTHONPATH"] = own
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # the command itself


def own_folders(python_path: str) -> str:
    """Return `python_path` without the folders outside this checkout."""
    folders = filter(None, python_path.split(os.pathsep))
    return os.pathsep.join(f for f in folders if Path(f).resolve().is_relative_to(_ROOT))
