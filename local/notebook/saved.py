"""The executed notebook as files, without secrets: .ipynb, and a page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from local.secrets import Secrets

__all__ = ["save", "secret_values"]

_TEMPLATES = Path(__file__).parent / "templates"
_SHORTEST_SECRET = 4
"""Shorter values are left alone: they would redact half of the text."""


def save(
    notebook: nbformat.NotebookNode, name: str, output_dir: Path, hidden: Iterable[str]
) -> tuple[Path, Path]:
    """Return the paths of `<name>.ipynb` and `<name>.html`, once they are written.

    `hidden` texts are redacted in both.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    text = _redacted(nbformat.writes(notebook), hidden)  # type: ignore[no-untyped-call]  # untyped library
    executed = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    page, _ = _exporter().from_notebook_node(executed, resources={"metadata": {"name": name}})
    notebook_path, html_path = output_dir / f"{name}.ipynb", output_dir / f"{name}.html"
    notebook_path.write_text(text)
    html_path.write_text(page)
    return notebook_path, html_path


def secret_values(secrets: Secrets, state: Path) -> list[str]:
    """Return every secret of the environment: its own, and those of its secret scopes."""
    values = list(secrets.model_dump().values())
    scopes = state / "secret_scopes.json"
    if scopes.exists():
        values += [
            value for scope in json.loads(scopes.read_text()).values() for value in scope.values()
        ]
    return [value for value in values if len(value) >= _SHORTEST_SECRET]


def _redacted(text: str, hidden: Iterable[str]) -> str:
    for value in hidden:
        # As it stands in JSON: escaped, without the quotes around it.
        text = text.replace(json.dumps(value)[1:-1], "[REDACTED]")
        text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], "[REDACTED]")
    return text


def _exporter() -> HTMLExporter:
    return HTMLExporter(  # type: ignore[no-untyped-call]  # untyped library
        extra_template_basedirs=[str(_TEMPLATES)], template_name="page", exclude_anchor_links=True
    )
