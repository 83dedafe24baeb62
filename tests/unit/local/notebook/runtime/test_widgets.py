"""Widgets follow Databricks' rules: parameters take precedence, values are text."""

from __future__ import annotations

import pytest

from local.notebook.runtime.utility import NotSupportedError
from local.notebook.runtime.widgets import InputWidgetNotDefined, Widgets


def test_a_widget_has_its_default_value() -> None:
    widgets = Widgets({})
    widgets.text("user_id", "demo", "User id")
    assert widgets.get("user_id") == "demo"


def test_a_parameter_takes_precedence_over_the_default() -> None:
    widgets = Widgets({"user_id": "ann"})
    widgets.text("user_id", "demo")
    assert widgets.get("user_id") == "ann"


def test_a_parameter_is_read_without_creating_a_widget() -> None:
    assert Widgets({"user_id": "ann"}).get("user_id") == "ann"


def test_creating_a_widget_again_keeps_its_value() -> None:
    widgets = Widgets({})
    widgets.text("user_id", "first")
    widgets.text("user_id", "second")
    assert widgets.get("user_id") == "first"


def test_reading_an_unknown_widget_names_it() -> None:
    with pytest.raises(InputWidgetNotDefined, match="No input widget named nobody is defined"):
        Widgets({}).get("nobody")


def test_a_removed_widget_is_gone() -> None:
    widgets = Widgets({"a": "1", "b": "2"})
    widgets.remove("a")
    assert widgets.getAll() == {"b": "2"}


def test_an_empty_value_can_be_removed() -> None:
    widgets = Widgets({"a": ""})
    widgets.remove("a")
    assert widgets.getAll() == {}


def test_removing_an_unknown_widget_is_an_error() -> None:
    with pytest.raises(InputWidgetNotDefined):
        Widgets({}).remove("nobody")


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


def test_a_combobox_takes_any_text() -> None:
    widgets = Widgets({})
    widgets.combobox("event", "user", ["pin", "geo"])
    assert widgets.get("event") == "user"


def test_a_multiselect_holds_several_choices() -> None:
    widgets = Widgets({"event": "pin,geo"})
    widgets.multiselect("event", "pin", ["pin", "geo", "user"])
    assert widgets.get("event") == "pin,geo"


@pytest.mark.parametrize("default", [5, None, True])
def test_a_value_that_is_not_text_is_rejected(default: object) -> None:
    with pytest.raises(TypeError, match="are strings"):
        Widgets({}).text("rows", default)  # type: ignore[arg-type]  # rejected


def test_an_unsupported_method_error_names_the_supported_ones() -> None:
    with pytest.raises(NotSupportedError, match=r"dbutils.widgets.slider .* combobox, dropdown"):
        Widgets({}).slider("rows")
