"""`dbutils.widgets`: the parameters of a notebook."""
# ruff: noqa: N802, N803  # the names are Databricks'
# ruff: noqa: ARG002  # labels are shown on Databricks only

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local.notebook.runtime.utility import Utility

__all__ = ["InputWidgetNotDefined", "Widgets"]


class InputWidgetNotDefined(Exception):  # noqa: N818  # the name is Databricks'
    """Raised when a notebook reads or removes an unknown widget."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"com.databricks.dbutils_v1.InputWidgetNotDefined: No input widget named {name} is "
            f'defined. Create it first, for example dbutils.widgets.text("{name}", "default"), '
            "or pass it as a parameter."
        )


class Widgets(Utility):
    """`dbutils.widgets`. Every value is a string.

    A parameter of the run takes precedence over the default value. Creating a widget again keeps
    its value.
    """

    _path = "dbutils.widgets"

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._values = dict(parameters)

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        """Create a widget for any text."""
        self._create(name, defaultValue)

    def dropdown(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        """Create a widget for one of `choices`."""
        self._create(name, defaultValue, choices)
        _check_choice(name, self._values[name], choices)

    def combobox(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        """Create a widget for one of `choices` or any other text."""
        self._create(name, defaultValue, choices)

    def multiselect(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        """Create a widget for several of `choices`, separated by commas."""
        self._create(name, defaultValue, choices)
        for value in self._values[name].split(","):
            _check_choice(name, value, choices)

    def get(self, name: str) -> str:
        """Return the value of a widget.

        Raises:
            InputWidgetNotDefined: Raised when there is no such widget.
        """
        if name not in self._values:
            raise InputWidgetNotDefined(name)
        return self._values[name]

    def getArgument(self, name: str, defaultValue: str | None = None) -> str | None:
        """Return the value of a widget, or `defaultValue` if there is no such widget."""
        return self._values.get(name, defaultValue)

    def getAll(self) -> dict[str, str]:
        """Return the values of all widgets by name."""
        return dict(self._values)

    def remove(self, name: str) -> None:
        """Remove a widget.

        Raises:
            InputWidgetNotDefined: Raised when there is no such widget.
        """
        if self._values.pop(name, None) is None:
            raise InputWidgetNotDefined(name)

    def removeAll(self) -> None:
        """Remove all widgets."""
        self._values.clear()

    def _create(self, name: str, default_value: str, choices: Sequence[str] = ()) -> None:
        for text in (name, default_value, *choices):
            if not isinstance(text, str):
                raise TypeError(
                    f"A widget's name, value and choices are strings; {text!r} of {name!r} is "
                    f"{type(text).__name__}. Write it as text: {str(text)!r}."
                )
        self._values.setdefault(name, default_value)


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(
            f"java.lang.IllegalArgumentException: The value {value!r} of widget {name!r} is not "
            f"one of its choices: {', '.join(choices)}."
        )
