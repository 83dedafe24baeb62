"""What every place of a document has in common: a field that it does not know is an error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["Supported"]


class Supported(BaseModel):
    """A place in the document."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, given: Any) -> Any:  # noqa: ANN401  # anything YAML can hold
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = sorted(set(given) - set(known)) if isinstance(given, dict) else []
        if unknown:
            msg = f"{', '.join(unknown)} is not supported; supported: {', '.join(sorted(known))}"
            raise ValueError(msg)
        return given
