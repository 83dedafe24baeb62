"""Writes an executed notebook, without secrets, as .ipynb and as an offline HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from local.notebook.runtime.dbutils import read_scopes
from local.secrets import Secrets

__all__ = ["export_notebook", "secret_values"]

_TEMPLATES = Path(__file__).parent / "templates"
_MIN_SECRET_LENGTH = 4
"""Shorter values are not redacted: they occur in ordinary text."""


def export_notebook(
    notebook: nbformat.NotebookNode, name: str, output_dir: Path, hidden: Iterable[str]
) -> tuple[Path, Path]:
    """Write a notebook as `<name>.ipynb` and `<name>.html`.

    Each text of `hidden` is written as `[REDACTED]` in both.

    Returns:
        The paths of the two files.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    text = _redact(nbformat.writes(notebook), hidden)  # type: ignore[no-untyped-call]  # untyped library
    redacted = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # untyped library
        extra_template_basedirs=[str(_TEMPLATES)], template_name="page", exclude_anchor_links=True
    )
    page, _ = exporter.from_notebook_node(redacted, resources={"metadata": {"name": name}})
    notebook_path, html_path = output_dir / f"{name}.ipynb", output_dir / f"{name}.html"
    notebook_path.write_text(text)
    html_path.write_text(page)
    return notebook_path, html_path


def secret_values(secrets: Secrets, state: Path) -> list[str]:
    """Return all secrets of the environment: its own, and those of its secret scopes."""
    values = secrets.values()
    values += [value for scope in read_scopes(state).values() for value in scope.values()]
    return [value for value in values if len(value) >= _MIN_SECRET_LENGTH]


def _redact(text: str, hidden: Iterable[str]) -> str:
    for value in hidden:
        # As JSON writes it: escaped, without the surrounding quotes.
        text = text.replace(json.dumps(value)[1:-1], "[REDACTED]")
        text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], "[REDACTED]")
    return text
