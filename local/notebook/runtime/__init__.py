"""What a notebook finds in its kernel: `spark`, `dbutils`, `display`, as on Databricks.

An IPython extension (`%load_ext local.notebook.runtime`). What it does and does not do is in
docs/notebooks.md; whatever it does not do raises, and says what it does.
"""

from __future__ import annotations

from .extension import load_ipython_extension

__all__ = ["load_ipython_extension"]
