"""Mapping templates in VTL: checked at the start, filled with each request.

"Mapping template and access logging variable reference" in the API Gateway developer guide. A
public method of `Input` and `Util` is a function of the template, under the same name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus

import airspeed  # type: ignore[import-untyped]  # it has no types
import msgspec
from airspeed import operators

from local.api_gateway.errors import (
    API_CONFIGURATION_ERROR,
    GatewayResponseError,
    unreadable_body,
)

__all__ = ["MISSING", "Input", "MappingTemplate", "Util", "find", "parse_path", "validate_template"]

# airspeed's marker for missing references is a text that a client could send.
operators.REPLACE_FORMAL_TEXT = object()

MISSING: Final = ""
"""The value of a JSON path that leads to nothing, as on AWS."""

_STEP: Final = re.compile(r"\.(\w+)|\['([^'\\]+)'\]|\[(\d+)\]")
_CACHED_PATHS: Final = 2_048  # two for each of 500 records, and more

_REFERENCE: Final = re.compile(r"\$!?\{?([A-Za-z_]\w*)(?:\.(\w+))?")
_LOOP_VARIABLE: Final = re.compile(r"(#foreach\s*\(\s*)\$\w+")
_PRINTED_PATH: Final = re.compile(r"(?<!#if\()(?<!#elseif\()(?<! in )\$!?\{?input\.path")
_DIRECTIVE: Final = re.compile(r"#\{?([A-Za-z]+)")
_PATH: Final = re.compile(r"""\$input\.(?:json|path)\(\s*(["'])(.*?)\1\s*\)""")


@lru_cache(_CACHED_PATHS)
def parse_path(path: str) -> tuple[str | int, ...]:
    """Return the names and indexes of a JSON path, outermost first.

    Raises:
        ValueError: Raised when the path holds anything else.
    """
    steps = list(_STEP.finditer(path))
    if path != "$" + "".join(step[0] for step in steps):
        raise ValueError(f"path {path!r} is not supported; supported: $, .name, ['name'] and [0]")
    return tuple(int(step[3]) if step[3] else step[1] or step[2] for step in steps)


def find(value: Any, path: str) -> Any:  # noqa: ANN401  # any JSON
    """Return the value at `path` in `value`, or `MISSING`.

    Raises:
        ValueError: Raised when the path is not supported.
    """
    for step in parse_path(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value


class Input:
    """`$input`: one request.

    Args:
        body: The body of the request. An empty one counts as `{}`, as on AWS.
        parameters: The parameters of the path, the query string and the headers. The first mapping
            that has a name wins.

    Raises:
        GatewayResponseError: Raised when the body is not JSON.
    """

    def __init__(self, body: bytes, parameters: Sequence[Mapping[str, str]]) -> None:
        try:
            self._body = msgspec.json.decode(body or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise GatewayResponseError(unreadable_body(str(error))) from error
        self._parameters = parameters

    def path(self, path: str) -> Any:  # noqa: ANN401  # any JSON
        """Return the value at a JSON path; an empty text if there is none."""
        return find(self._body, path)

    def json(self, path: str) -> str:
        """Return the value at a JSON path as JSON text, so that texts have quotes."""
        return msgspec.json.encode(find(self._body, path)).decode()

    def params(self, name: str) -> str:
        """Return a parameter; an empty text if there is none."""
        return next((given[name] for given in self._parameters if name in given), "")


class Util:
    """`$util`: functions of texts. Any other argument is an error; Java would print it."""

    def base64Encode(self, text: str) -> str:  # noqa: N802  # AWS' name
        """Return the UTF-8 bytes of `text` as base64."""
        return base64.b64encode(text.encode()).decode()

    def urlEncode(self, text: str) -> str:  # noqa: N802  # AWS' name
        """Return `text` encoded as in a form: letters, digits and `.-_*` stay, a space is `+`."""
        # Java keeps '*' and encodes '~'; Python does the reverse.
        return quote_plus(text, safe="*", errors="surrogatepass").replace("~", "%7E")


_FUNCTIONS: Final = {
    "input": frozenset(n for n in vars(Input) if not n.startswith("_")),
    "util": frozenset(n for n in vars(Util) if not n.startswith("_")),
    "foreach": frozenset({"index", "hasNext"}),
}
_DIRECTIVES: Final = frozenset({"foreach", "if", "elseif", "else", "end"})


def validate_template(text: str) -> str:
    """Return `text`, a template of supported directives, functions and paths.

    Raises:
        ValueError: Raised with the first unsupported part, or when the text is not VTL.
    """
    for name in _DIRECTIVE.findall(text):
        _check(f"#{name}", name in _DIRECTIVES, sorted(f"#{d}" for d in _DIRECTIVES))
    known = [f"${variable}.{n}" for variable, names in _FUNCTIONS.items() for n in sorted(names)]
    for variable, name in _REFERENCE.findall(_LOOP_VARIABLE.sub(r"\1", text)):
        _check(f"${variable}.{name}".rstrip("."), name in _FUNCTIONS.get(variable, ()), known)
    # AWS would print Java's text of the value.
    _check("printing $input.path", not _PRINTED_PATH.search(text), ["$input.json"])
    for _, path in _PATH.findall(text):
        parse_path(path.replace("$foreach.index", "0"))
    try:
        airspeed.Template(text).ensure_compiled()
    except airspeed.TemplateError as error:
        raise ValueError(f"not a template in VTL: {error}") from error
    return text


def _check(part: str, supported: bool, alternatives: Sequence[str]) -> None:
    if not supported:
        raise ValueError(f"{part} is not supported; supported: {', '.join(alternatives)}")


class MappingTemplate:
    """One template that has passed `validate_template`."""

    def __init__(self, text: str) -> None:
        self._template = airspeed.Template(text)

    def fill(self, body: bytes, parameters: Sequence[Mapping[str, str]]) -> bytes:
        """Return the text of the template for one request, as UTF-8.

        Args:
            body: The body of the request.
            parameters: The parameters of its path, its query string and its headers.

        Raises:
            GatewayResponseError: Raised when the body is not JSON, or the template fails on it.
        """
        variables = {"input": Input(body, parameters), "util": Util()}
        try:
            text: str = self._template.merge(variables)
        except airspeed.TemplateError as error:
            raise GatewayResponseError(API_CONFIGURATION_ERROR) from error
        return text.encode()
