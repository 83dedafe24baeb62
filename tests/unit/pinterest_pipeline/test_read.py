"""The options with which files of lines are read."""

from __future__ import annotations

from pinterest_pipeline.read import Reader


def test_a_micro_batch_of_the_landing_is_limited() -> None:
    assert Reader().line_options["maxFilesPerTrigger"] == "1000"


def test_auto_loader_needs_no_other_options_than_the_text_reader() -> None:
    assert Reader("cloudFiles").line_options == {
        "cloudFiles.format": "text",
        "cloudFiles.maxFilesPerTrigger": "1000",
        "lineSep": "\n",
    }


def test_options_of_auto_loader_are_passed_on() -> None:
    options = {"cloudFiles.maxFilesPerTrigger": "7", "cloudFiles.useNotifications": "true"}
    assert Reader("cloudFiles", options).line_options == {
        "cloudFiles.format": "text",
        "lineSep": "\n",
        **options,
    }
