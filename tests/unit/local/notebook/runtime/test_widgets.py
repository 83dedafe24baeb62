"""Widgets follow Databricks' rules: parameters take precedence, values are text."""

from __future__ import annotations

import pytest

from local.notebook.runtime.utility import NotSupportedError
from local.notebook.runtime.widgets import InputWidgetNotDefined, Widgets


@pytest.mark.parametrize(
    ("parameters", "value"),
    [({}, "demo"), ({"user_id": "ann"}, "ann"), ({"user_id": ""}, ""), ({"other": "x"}, "demo")],
)
def test_a_parameter_takes_precedence_over_the_default(
    parameters: dict[str, str], value: str
) -> None:
    widgets = Widgets(parameters)
    widgets.text("user_id", "demo", "User id")
    assert widgets.get("user_id") == value


def test_a_parameter_is_read_without_creating_a_widget() -> None:
    assert Widgets({"user_id": "ann"}).get("user_id") == "ann"


def test_creating_a_widget_again_keeps_its_value() -> None:
    widgets = Widgets({})
    widgets.text("user_id", "first")
    widgets.text("user_id", "second")
    assert widgets.get("user_id") == "first"


@pytest.mark.parametrize("method", ["get", "remove"])
def test_an_unknown_widget_is_named(method: str) -> None:
    with pytest.raises(InputWidgetNotDefined, match="No input widget named nobody is defined"):
        getattr(Widgets({}), method)("nobody")


def test_a_removed_widget_is_gone_even_if_its_value_is_empty() -> None:
    widgets = Widgets({"a": "", "b": "2"})
    widgets.remove("a")
    assert widgets.getAll() == {"b": "2"}


def test_remove_all_removes_all() -> None:
    widgets = Widgets({"a": "1", "b": "2"})
    widgets.removeAll()
    assert widgets.getAll() == {}


def test_get_argument_falls_back_to_its_default() -> None:
    assert Widgets({}).getArgument("nobody", "me") == "me"


@pytest.mark.parametrize("kind", ["dropdown", "multiselect"])
def test_a_value_that_is_not_a_choice_is_rejected(kind: str) -> None:
    with pytest.raises(ValueError, match="not one of its choices: pin, geo"):
        getattr(Widgets({}), kind)("event", "user", ["pin", "geo"])


@pytest.mark.parametrize(
    ("kind", "value"), [("dropdown", "geo"), ("combobox", "user"), ("multiselect", "pin,geo")]
)
def test_a_widget_accepts_the_values_of_its_kind(kind: str, value: str) -> None:
    widgets = Widgets({"event": value})
    getattr(widgets, kind)("event", "pin", ["pin", "geo"])
    assert widgets.get("event") == value


@pytest.mark.parametrize("default", [5, None, True])
def test_a_value_that_is_not_text_is_rejected(default: object) -> None:
    with pytest.raises(TypeError, match="are strings"):
        Widgets({}).text("rows", default)  # type: ignore[arg-type]  # rejected


def test_an_unsupported_method_error_names_the_supported_ones() -> None:
    with pytest.raises(NotSupportedError, match=r"dbutils.widgets.slider .* combobox, dropdown"):
        Widgets({}).slider("rows")
