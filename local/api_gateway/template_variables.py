"""The variables of a mapping template, with the functions that this gateway knows of them.

"Mapping template and access logging variable reference" in the API Gateway developer guide. A
public method here is a function there, under the same name.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

import msgspec

from local.api_gateway.gateway_responses import GatewayResponseError, unreadable_body
from local.api_gateway.json_path import find

__all__ = ["Input", "Util"]


class Input:
    """`$input`: one request.

    Args:
        body: Its body. An empty one counts as `{}`, as on AWS.
        parameters: Those of its path, its query string and its header; the first that has a name
            wins.

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
        """Return the value at a JSON path; an empty text where there is nothing."""
        return find(self._body, path)

    def json(self, path: str) -> str:
        """Return the value at a JSON path as JSON, so a text with its quotes."""
        return msgspec.json.encode(find(self._body, path)).decode()

    def params(self, name: str) -> str:
        """Return a parameter; an empty text where there is none."""
        return next((given[name] for given in self._parameters if name in given), "")


class Util:
    """`$util`: functions of texts. Anything else than a text is an error, not its Java form."""

    def base64Encode(self, text: str) -> str:  # noqa: N802  # AWS' name
        """Return the bytes of `text` in UTF-8 as base64."""
        return base64.b64encode(text.encode()).decode()

    def urlEncode(self, text: str) -> str:  # noqa: N802  # AWS' name
        """Return `text` as in a form: letters, digits and `.-_*` are kept, a space is `+`."""
        # Java keeps '*' and encodes '~', Python the other way round.
        return quote_plus(text, safe="*", errors="surrogatepass").replace("~", "%7E")
