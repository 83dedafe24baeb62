"""The rules for values agree with plain Python, whatever the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.clean import columns
from tests.support import reference_model as model
from tests.support.strategies import drawn, letters, padded, texts

_TEXTS = 500
_ends = st.sampled_from([*model.SPACES, *"\x1c\x1f!~\x7f\u200b\u2060\ufeff"]) | letters
_words = st.sampled_from([word for words in model.PLACEHOLDERS.values() for word in words])


def evaluated(
    spark: SparkSession, rule: Callable[[str], Column], values: Sequence[str], name: str = "value"
) -> list[object]:
    """Return the result of `rule` for each text, trimmed as in parsed columns."""
    rows = spark.createDataFrame([(text,) for text in values], f"{name} string").coalesce(1)
    trimmed = rows.withColumn(name, columns.trim(F.col(name)))
    return [row[0] for row in trimmed.select(rule(name)).collect()]


def check(values: Sequence[str], results: Sequence[object], expected: Sequence[object]) -> None:
    different = [
        f"{text!r}: expected {right!r}, got {got!r}"
        for text, got, right in zip(values, results, expected, strict=True)
        if got != right
    ]
    assert not different, "\n".join(different[:5])


def test_trim_removes_white_space_at_both_ends_and_nothing_else(spark: SparkSession) -> None:
    values = drawn(st.tuples(_ends, texts, _ends).map("".join), _TEXTS)
    values += [f"{end}a{end}b{end}" for end in map(chr, range(0x3100))]
    results = evaluated(spark, F.col, values)
    check(values, results, [model.trim(text) for text in values])
    check(values, evaluated(spark, F.col, [str(text) for text in results]), results)


@pytest.mark.parametrize("name", [*model.PLACEHOLDERS, "category"])
def test_text_is_null_only_where_all_of_it_is_a_placeholder_of_its_column(
    spark: SparkSession, name: str
) -> None:
    own = st.sampled_from(model.PLACEHOLDERS.get(name, ["Untitled"]))
    near = st.tuples(own, letters, st.integers(0, 40)).map(
        lambda part: part[0][: part[2]] + part[1] + part[0][part[2] :]
    )
    values = drawn(padded(own | _words | near | own.map(str.swapcase)) | texts, _TEXTS // 5)
    results = evaluated(spark, columns.text, values, name)
    check(values, results, [model.text(name, text) for text in values])


def test_only_whole_numbers_are_follower_counts(spark: SparkSession) -> None:
    alphabet = st.sampled_from("0123456789.,kKmMbB -+e\u212a\u0663") | letters
    groups = st.lists(st.text("0123456789", max_size=4), max_size=6).map(",".join)
    ends = st.sampled_from(["", "k", "M", "b", "kk", ".5M", ".50000k", ",5k", " k"])
    values = drawn(st.text(alphabet, max_size=7) | st.tuples(groups, ends).map("".join), 2 * _TEXTS)
    expected = [model.followers(text) for text in values]
    assert sum(count is not None for count in expected) > _TEXTS // 20
    check(values, evaluated(spark, columns.follower_count, values), expected)


def test_tags_are_the_texts_between_commas(spark: SparkSession) -> None:
    tag = _ends | texts | st.text("ab!~ ", max_size=3)
    values = drawn(st.lists(tag, max_size=6).map(",".join) | padded(_words), _TEXTS)
    check(
        values,
        evaluated(spark, columns.tags, values, "tag_list"),
        [model.tags(text) for text in values],
    )
