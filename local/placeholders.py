"""Fills the `${name}` placeholders of files that Terraform fills in the cloud."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from local.errors import StackError

__all__ = ["PlaceholderError", "fill_placeholders"]

_PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")


class PlaceholderError(StackError):
    """Raised when a text and its values do not name the same placeholders."""


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each `${name}` replaced, also in comments, like Terraform's templatefile.

    Raises:
        PlaceholderError: Raised when a placeholder has no value, or a value has no placeholder.
    """
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != values.keys():
        raise PlaceholderError(
            f"placeholders without a value: {sorted(wanted - values.keys())}; "
            f"values without a placeholder: {sorted(values.keys() - wanted)}"
        )
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
