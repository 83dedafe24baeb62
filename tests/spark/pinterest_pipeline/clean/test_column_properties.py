"""The rules for values agree with plain Python, whatever the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.clean import columns
from tests.support import reference_model as model
from tests.support.strategies import counts, drawn, letters, padded, texts

_TEXTS = 500
_ends = st.sampled_from([*model.SPACES, *"\x1c\x1f!~\x7f\u200b\u2060\ufeff"]) | letters
_words = st.sampled_from([word for words in model.PLACEHOLDERS.values() for word in words])


def evaluated(
    spark: SparkSession, rule: Callable[[str], Column], told: Sequence[str], name: str = "value"
) -> list[object]:
    """Return what `rule` makes of each text, which is trimmed as those of parsed columns are."""
    rows = spark.createDataFrame([(text,) for text in told], f"{name} string").coalesce(1)
    trimmed = rows.withColumn(name, columns.trim(F.col(name)))
    return [row[0] for row in trimmed.select(rule(name)).collect()]


def check(told: Sequence[str], found: Sequence[object], expected: Sequence[object]) -> None:
    different = [
        f"{text!r}: expected {right!r}, came {came!r}"
        for text, came, right in zip(told, found, expected, strict=True)
        if came != right
    ]
    assert not different, "\n".join(different[:5])


def test_trim_takes_white_space_at_both_ends_and_nothing_else(spark: SparkSession) -> None:
    told = drawn(st.tuples(_ends, texts, _ends).map("".join), _TEXTS)
    told += [f"{end}a{end}b{end}" for end in map(chr, range(0x3100))]
    found = evaluated(spark, F.col, told)
    check(told, found, [model.trim(text) for text in told])
    check(told, evaluated(spark, F.col, [str(text) for text in found]), found)


@pytest.mark.parametrize("name", [*model.PLACEHOLDERS, "category"])
def test_text_is_null_only_where_all_of_it_is_a_placeholder_of_its_column(
    spark: SparkSession, name: str
) -> None:
    own = st.sampled_from(model.PLACEHOLDERS.get(name, ["Untitled"]))
    near = st.tuples(own, letters, st.integers(0, 40)).map(
        lambda part: part[0][: part[2]] + part[1] + part[0][part[2] :]
    )
    told = drawn(padded(own | _words | near | own.map(str.swapcase)) | texts, _TEXTS // 5)
    found = evaluated(spark, columns.text, told, name)
    check(told, found, [model.text(name, text) for text in told])


def test_a_follower_count_is_the_number_that_was_told(spark: SparkSession) -> None:
    pairs = drawn(counts(), _TEXTS)
    told = [text for text, _ in pairs]
    check(told, evaluated(spark, columns.follower_count, told), [count for _, count in pairs])


def test_text_is_a_follower_count_only_where_it_tells_a_whole_number(spark: SparkSession) -> None:
    alphabet = st.sampled_from("0123456789.,kKmMbB -+e\u212a\u0663") | letters
    groups = st.lists(st.text("0123456789", max_size=4), max_size=6).map(",".join)
    ends = st.sampled_from(["", "k", "M", "b", "kk", ".5M", ".50000k", ",5k", " k"])
    told = drawn(st.text(alphabet, max_size=7) | st.tuples(groups, ends).map("".join), 2 * _TEXTS)
    expected = [model.followers(text) for text in told]
    assert sum(count is not None for count in expected) > _TEXTS // 20
    check(told, evaluated(spark, columns.follower_count, told), expected)


def test_tags_are_what_stands_between_the_commas(spark: SparkSession) -> None:
    tag = _ends | texts | st.text("ab!~ ", max_size=3)
    told = drawn(st.lists(tag, max_size=6).map(",".join) | padded(_words), _TEXTS)
    check(
        told, evaluated(spark, columns.tags, told, "tag_list"), [model.tags(text) for text in told]
    )


def test_a_path_is_what_stands_behind_the_words(spark: SparkSession) -> None:
    words = "Local save in "
    before = st.sampled_from([words, words.strip(), f"saved: {words}", words.lower(), 2 * words])
    told = drawn(st.tuples(before, padded(texts)).map("".join), _TEXTS)
    check(told, evaluated(spark, columns.path, told), [model.path(text) for text in told])


def test_a_full_name_is_made_of_the_names_that_are_known(spark: SparkSession) -> None:
    pairs = drawn(st.tuples(st.none() | texts, st.none() | texts), _TEXTS)
    rows = spark.createDataFrame(pairs, "first string, last string").coalesce(1)
    trimmed = rows.select(*(columns.trim(F.col(name)).alias(name) for name in rows.columns))
    found = trimmed.select(columns.full_name("first", "last")).collect()
    check(
        [repr(pair) for pair in pairs],
        [row[0] for row in found],
        [model.full_name(first, last) for first, last in pairs],
    )
