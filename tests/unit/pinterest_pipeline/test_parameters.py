"""Parameters of notebooks: an empty or invalid one is an error that says what to pass."""

from __future__ import annotations

import pytest

from pinterest_pipeline.errors import ParameterError
from pinterest_pipeline.parameters import Parameters


def parameters(**values: str) -> Parameters:
    return Parameters(values.__getitem__)


def test_a_value_is_returned_without_white_space_around_it() -> None:
    assert parameters(catalog=" main ").required("catalog") == "main"
    assert parameters(source="").optional("source") == ""


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_required_parameter_is_an_error_that_says_what_to_pass(empty: str) -> None:
    with pytest.raises(ParameterError, match=r"'catalog': the catalog .* empty.* of the job"):
        parameters(catalog=empty).required("catalog")


def test_options_are_a_json_object_with_texts() -> None:
    text = '{"maxFilesPerTrigger": 10, "recursiveFileLookup": true, "pathGlobFilter": "*.json"}'
    assert parameters(reader_options=text).options("reader_options") == {
        "maxFilesPerTrigger": "10",
        "recursiveFileLookup": "true",
        "pathGlobFilter": "*.json",
    }


@pytest.mark.parametrize(
    ("text", "got"),
    [("", "an empty value"), ("{", r"'\{', not JSON"), ("[1]", r"'\[1\]', not an object")],
)
def test_options_that_are_no_json_object_are_an_error(text: str, got: str) -> None:
    with pytest.raises(ParameterError, match=f"'source_options': a JSON object.*got {got}"):
        parameters(source_options=text).options("source_options")
