"""`dbutils.notebook`: the end of a notebook."""

from __future__ import annotations

from typing import NoReturn

from .errors import Utility

__all__ = ["Notebook", "NotebookExit"]


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; its text is the notebook's exit value.

    Not an Exception, so that an `except Exception` of a notebook does not swallow its end.
    """


class Notebook(Utility):
    """Ends a notebook with a value."""

    _path = "dbutils.notebook"

    def exit(self, value: str) -> NoReturn:
        """End the notebook well. Nothing after it runs.

        Raises:
            NotebookExit: Always: that is how it ends.
        """
        raise NotebookExit(str(value))
