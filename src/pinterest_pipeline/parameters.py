"""The parameters of a notebook, which its job passes. Imports no Spark."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pinterest_pipeline.errors import ParameterError

__all__ = ["Parameters"]

_MEANINGS: Mapping[str, str] = {
    "catalog": "the catalog of the tables, such as main",
    "schema": "the schema of the tables, such as pinterest",
    "source": "the bucket to mount, such as s3a://my-landing; empty for no mount",
    "landing_path": "the path of the landing, such as /Volumes/<catalog>/<schema>/landing",
    "checkpoints_path": "a folder that every run sees, such as"
    " /Volumes/<catalog>/<schema>/checkpoints",
    "user_id": "the user id in the names of topics and streams",
    "reader_format": "text, or cloudFiles on Databricks",
    "reader_options": 'a JSON object, such as {"maxFilesPerTrigger": "1000"}',
    "events": "names of events separated by commas, such as pin,geo,user",
    "source_options": 'a JSON object, such as {"initialPosition": "earliest"}',
    "every": "an interval such as 5 seconds; empty to clean what there is now and end",
}
"""What to pass for each parameter."""


@dataclass(frozen=True)
class Parameters:
    """The values of a notebook's widgets.

    Attributes:
        get: Returns the value of a widget, such as `dbutils.widgets.get`.
    """

    get: Callable[[str], str]

    def optional(self, name: str) -> str:
        """Return the value of a parameter that may be empty."""
        return self.get(name).strip()

    def required(self, name: str) -> str:
        """Return the value of a parameter.

        Raises:
            ParameterError: Raised when it is empty.
        """
        value = self.optional(name)
        if not value:
            raise ParameterError(_message(name, "an empty value"))
        return value

    def options(self, name: str) -> dict[str, str]:
        """Return the options in a parameter that holds a JSON object; each value as text.

        Raises:
            ParameterError: Raised when it holds no JSON object.
        """
        text = self.required(name)
        try:
            options = json.loads(text)
        except ValueError as error:
            raise ParameterError(_message(name, f"{text!r}, not JSON ({error})")) from error
        if not isinstance(options, dict):
            raise ParameterError(_message(name, f"{text!r}, not an object"))
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in options.items()
        }


def _message(name: str, got: str) -> str:
    return (
        f"Expected in the parameter '{name}': {_MEANINGS[name]}; got {got}. Pass it as a parameter"
        " of the job, or fill in the widget of the notebook."
    )
