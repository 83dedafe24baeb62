"""Mapping templates in VTL: checked at the start, filled with each request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import airspeed  # type: ignore[import-untyped]  # it has no types
from airspeed import operators

from local.api_gateway.gateway_responses import API_CONFIGURATION_ERROR, GatewayResponseError
from local.api_gateway.json_path import parse_path
from local.api_gateway.template_variables import Input, Util

__all__ = ["MappingTemplate", "check_template"]

# A text that is a sign between airspeed and functions, and that a client could send.
operators.REPLACE_FORMAL_TEXT = object()

_FUNCTIONS: Final = {
    "input": frozenset(n for n in vars(Input) if not n.startswith("_")),
    "util": frozenset(n for n in vars(Util) if not n.startswith("_")),
    "foreach": frozenset({"index", "hasNext"}),
}
_DIRECTIVES: Final = frozenset({"foreach", "if", "elseif", "else", "end"})

_REFERENCE: Final = re.compile(r"\$!?\{?([A-Za-z_]\w*)(?:\.(\w+))?")
_LOOP_VARIABLE: Final = re.compile(r"(#foreach\s*\(\s*)\$\w+")
_PRINTED_PATH: Final = re.compile(r"(?<!#if\()(?<!#elseif\()(?<! in )\$!?\{?input\.path")
_DIRECTIVE: Final = re.compile(r"#\{?([A-Za-z]+)")
_PATH: Final = re.compile(r"""\$input\.(?:json|path)\(\s*(["'])(.*?)\1\s*\)""")


def check_template(text: str) -> str:
    """Return `text` if it is a template with nothing in it that this gateway does not do.

    Raises:
        ValueError: Raised with the first thing that it does not do, or what is no VTL.
    """
    for name in _DIRECTIVE.findall(text):
        _check(f"#{name}", name in _DIRECTIVES, sorted(f"#{d}" for d in _DIRECTIVES))
    known = [f"${variable}.{n}" for variable, names in _FUNCTIONS.items() for n in sorted(names)]
    for variable, name in _REFERENCE.findall(_LOOP_VARIABLE.sub(r"\1", text)):
        _check(f"${variable}.{name}".rstrip("."), name in _FUNCTIONS.get(variable, ()), known)
    # Printed, it is Java's text on AWS.
    _check("printing $input.path", not _PRINTED_PATH.search(text), ["$input.json"])
    for _, path in _PATH.findall(text):
        parse_path(path.replace("$foreach.index", "0"))
    try:
        airspeed.Template(text).ensure_compiled()
    except airspeed.TemplateError as error:
        msg = f"not a template in VTL: {error}"
        raise ValueError(msg) from error
    return text


def _check(what: str, supported: bool, instead: Sequence[str]) -> None:
    if not supported:
        msg = f"{what} is not supported; supported: {', '.join(instead)}"
        raise ValueError(msg)


class MappingTemplate:
    """One template that `check_template` has found good."""

    def __init__(self, text: str) -> None:
        self._template = airspeed.Template(text)

    def fill(self, body: bytes, parameters: Sequence[Mapping[str, str]]) -> bytes:
        """Return what the template makes of a request.

        Args:
            body: The request's body.
            parameters: Those of its path, its query string and its header.

        Raises:
            GatewayResponseError: Raised when the body is not JSON, or the template fails on it.
        """
        variables = {"input": Input(body, parameters), "util": Util()}
        try:
            text: str = self._template.merge(variables)
        except airspeed.TemplateError as error:
            raise GatewayResponseError(API_CONFIGURATION_ERROR) from error
        return text.encode()
