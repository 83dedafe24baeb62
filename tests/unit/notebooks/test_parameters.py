"""Each notebook takes its parameters from its job, and asks a workspace only for what it needs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import nbformat
import pytest

from pinterest_pipeline.errors import ParameterError

_FOLDER = Path(__file__).parents[3] / "notebooks"
_ANYWHERE = {
    "reader_format": "text",
    "reader_options": '{"maxFilesPerTrigger": "1000"}',
    "events": "pin,geo,user",
    "source_options": '{"initialPosition": "earliest"}',
}
"""Defaults that suit every environment."""
_MAY_BE_EMPTY = {"source", "every"}
_OF_THE_JOB = {
    "mount_landing": {"source", "landing_path"},
    "clean_landing": {
        *("catalog", "schema", "landing_path", "checkpoints_path", "user_id"),
        *("reader_format", "reader_options"),
    },
    "clean_streams": {
        *("catalog", "schema", "checkpoints_path", "user_id"),
        *("events", "source_options", "every"),
    },
    "answer_questions": {"catalog", "schema"},
    "smoke_test": {"checkpoints_path"},
}
_REQUIRED = [
    (notebook, name)
    for notebook, names in _OF_THE_JOB.items()
    for name in sorted(names - _MAY_BE_EMPTY)
]


class _Exited(Exception):  # noqa: N818  # no error
    """Raised by `dbutils.notebook.exit`, with the value."""


class _Widgets:
    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._values = dict(parameters)

    def text(self, name: str, default: str, _: str) -> None:
        self._values.setdefault(name, default)

    def get(self, name: str) -> str:
        return self._values[name]


class _Volumes:
    """File system of compute that has volumes only."""

    def ls(self, path: str) -> list[SimpleNamespace]:
        assert path.startswith("/Volumes/")
        return []

    def mounts(self) -> NoReturn:
        raise PermissionError("Py4JSecurityException: mounts() is not whitelisted")


class _Mounts:
    """File system with mounts, which records what is mounted."""

    def __init__(self, mounted: Mapping[str, str]) -> None:
        self.mounted = dict(mounted)

    def ls(self, path: str) -> list[SimpleNamespace]:
        assert path in self.mounted
        return []

    def mounts(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(mountPoint=at, source=url) for at, url in self.mounted.items()]

    def mount(self, source: str, mount_point: str) -> None:
        assert mount_point not in self.mounted, "Directory already mounted"
        self.mounted[mount_point] = source

    def unmount(self, mount_point: str) -> None:
        del self.mounted[mount_point]


def _code(name: str) -> list[str]:
    path = _FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _run(name: str, parameters: Mapping[str, str], fs: object = None) -> str:
    """Run a notebook's code without Spark; return its exit value."""

    def leave(value: str) -> NoReturn:
        raise _Exited(value)

    dbutils = SimpleNamespace(
        widgets=_Widgets(parameters), fs=fs, notebook=SimpleNamespace(exit=leave)
    )
    variables = {"dbutils": dbutils, "spark": None, "display": print}
    with pytest.raises(_Exited) as exited:
        for source in _code(name):
            exec(source, variables)  # noqa: S102  # as a kernel does
    return str(exited.value)


def _widgets(name: str) -> dict[str, str]:
    """Return the default of each widget."""
    calls = [
        node
        for source in _code(name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dbutils.widgets.text"
    ]
    defaults = [[ast.literal_eval(argument) for argument in call.args[:2]] for call in calls]
    return {str(widget): str(default) for widget, default in defaults}


def test_every_notebook_has_the_parameters_of_its_job() -> None:
    assert {path.stem: set(_widgets(path.stem)) for path in _FOLDER.glob("*.ipynb")} == _OF_THE_JOB


@pytest.mark.parametrize("name", _OF_THE_JOB)
def test_no_default_belongs_to_an_environment(name: str) -> None:
    for widget, default in _widgets(name).items():
        assert default == _ANYWHERE.get(widget, "")


@pytest.mark.parametrize(("notebook", "missing"), _REQUIRED)
def test_an_empty_required_parameter_is_an_error_that_names_it(notebook: str, missing: str) -> None:
    parameters = dict.fromkeys(_OF_THE_JOB[notebook], "a") | _ANYWHERE | {missing: ""}
    with pytest.raises(ParameterError, match=rf"'{missing}': .* empty .* parameter of the job"):
        _run(notebook, parameters)


def test_without_a_bucket_nothing_asks_for_mounts() -> None:
    path = "/Volumes/main/pinterest/landing"
    assert _run("mount_landing", {"source": "", "landing_path": path}, _Volumes()) == path


@pytest.mark.parametrize("mounted", [{}, {"/mnt/a": "s3a://other"}, {"/mnt/a": "s3a://bucket"}])
def test_a_bucket_is_mounted_where_it_is_not(mounted: Mapping[str, str]) -> None:
    fs = _Mounts(mounted)
    _run("mount_landing", {"source": "s3a://bucket", "landing_path": "/mnt/a"}, fs)
    assert fs.mounted == {"/mnt/a": "s3a://bucket"}


def test_tasks_pass_the_landing_path_by_the_job_parameter_of_both() -> None:
    for name in ("mount_landing", "clean_landing"):
        assert "landing_path" in _widgets(name)
        assert "taskValues" not in "\n".join(_code(name))
