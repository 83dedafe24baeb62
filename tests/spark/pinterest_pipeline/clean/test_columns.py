"""Rules for values. Each row holds the raw value and the expected value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from chispa import assert_column_equality
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.clean import columns
from pinterest_pipeline.clean.columns import WHITE_SPACE


def check(
    spark: SparkSession,
    rule: Callable[[str], Column],
    rows: Sequence[tuple[object, object]],
    *,
    name: str = "value",
    data_type: str = "string",
) -> None:
    frame = spark.createDataFrame(rows, f"{name} string, expected {data_type}")
    result = frame.withColumn(name, columns.trim(F.col(name))).withColumn("result", rule(name))
    assert_column_equality(result, "result", "expected")


def test_trim_takes_every_unicode_white_space_from_both_ends(spark: SparkSession) -> None:
    rows = [
        *((f"{space}a{space}b{space}", f"a{space}b") for space in WHITE_SPACE),
        ("\u00a0 \u2009 a \u3000\u00a0", "a"),
        ("…\u00a0", "…"),
        (" Éclair", "Éclair"),
        (" \u00a0Art", "Art"),
        (" \U0001f384 Noel", "\U0001f384 Noel"),
        ("!~", "!~"),
        ("a", "a"),
        ("א", "א"),
        ("\U0001f600", "\U0001f600"),
        ("\u200b", "\u200b"),
        (WHITE_SPACE, ""),
        ("", ""),
        (None, None),
    ]
    frame = spark.createDataFrame(rows, "value string, expected string")
    result = frame.withColumn("result", columns.trim(F.col("value")))
    assert_column_equality(result, "result", "expected")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "title",
            [
                ("No Title Data Available", None),
                (" No Title Data Available\u00a0", None),
                ("No Title Data Available!", "No Title Data Available!"),
                ("no title data available", "no title data available"),
                ("Untitled", "Untitled"),
                ("User Info Error", "User Info Error"),
                ("Server error, or how I met it", "Server error, or how I met it"),
                ("Art.", "Art."),
                ("always", "always"),
                ("Slide1", "Slide1"),
                ("S12", "S12"),
                ("א", "א"),
                ("Café \U0001f600 Идеи", "Café \U0001f600 Идеи"),
                ('say "no", twice\nand go', 'say "no", twice\nand go'),
                ("\u00a0", None),
                ("", None),
                (None, None),
            ],
        ),
        (
            "description",
            [
                ("No description available Story format", None),
                ("No description available", None),
                ("Untitled", None),
                ("Untitled drawing", "Untitled drawing"),
                ("No Title Data Available", "No Title Data Available"),
                ("cut off…\u00a0", "cut off…"),
                (None, None),
            ],
        ),
        (
            "poster_name",
            [("User Info Error", None), ("967", "967"), ("Error", "Error"), (None, None)],
        ),
        (
            "image_src",
            [
                ("Image src error.", None),
                ("Image src error", "Image src error"),
                ("https://example.com/a.jpg", "https://example.com/a.jpg"),
                (None, None),
            ],
        ),
        (
            "is_image_or_video",
            [
                ("multi-video(story page format)", "multi-video(story page format)"),
                ("image", "image"),
                (None, None),
            ],
        ),
        ("category", [("Image src error.", "Image src error."), (" art ", "art"), (None, None)]),
    ],
)
def test_text_is_null_only_where_the_whole_value_is_a_placeholder_of_its_column(
    spark: SparkSession, name: str, rows: list[tuple[str | None, str | None]]
) -> None:
    check(spark, columns.text, rows, name=name)


def test_follower_count_is_the_number_with_its_scale(spark: SparkSession) -> None:
    rows = [
        ("0", 0),
        ("437", 437),
        ("437.0", 437),
        ("437.000", 437),
        ("437.5", None),
        ("437.", None),
        ("999", 999),
        ("1k", 1_000),
        ("124k", 124_000),
        ("985K", 985_000),
        ("6M", 6_000_000),
        ("15M", 15_000_000),
        ("15m", 15_000_000),
        ("1.2k", 1_200),
        ("2.5M", 2_500_000),
        ("2.3M", 2_300_000),
        ("1.234567M", 1_234_567),
        ("1.2000k", 1_200),
        ("2.50000000M", 2_500_000),
        ("0.0000000010B", 1),
        ("0000001.5k", 1_500),
        ("12345678.5k", 12_345_678_500),
        ("9007199254740.993k", 9_007_199_254_740_993),
        ("00000000000000000012", 12),
        ("9223372036854775807", 9_223_372_036_854_775_807),
        ("9223372036854775808", None),
        ("9223372036.854775807B", 9_223_372_036_854_775_807),
        ("9223372036.854775808B", None),
        ("99999999999999999999.5k", None),
        ("1,234", 1_234),
        ("1,234,567", 1_234_567),
        ("3B", 3_000_000_000),
        ("3b", 3_000_000_000),
        (" 12k\u00a0", 12_000),
        ("999999999999B", None),
        ("999999999999", 999_999_999_999),
        ("User Info Error", None),
        ("", None),
        ("k", None),
        ("1.5", None),
        ("1.2345k", None),
        ("1.2340005k", None),
        ("12,34", None),
        ("1,2k", None),
        ("1kk", None),
        ("5 k", None),
        ("-5", None),
        ("+5", None),
        ("1e3", None),
        ("NaN", None),
        ("١٢", None),
        ("124 thousand", None),
        ("1234567890123", 1_234_567_890_123),
        ("1,234,567,890,123", 1_234_567_890_123),
        ("99999999999999999B", None),
        ("99999999999999999999", None),
        (None, None),
    ]
    check(spark, columns.follower_count, rows, data_type="bigint")


def test_a_path_is_the_text_after_the_prefix(spark: SparkSession) -> None:
    rows = [
        ("Local save in /data/mens-fashion", "/data/mens-fashion"),
        ("Local save in  /data/art ", "/data/art"),
        ("Local save in \u00a0\u3000/data/art", "/data/art"),
        ("/data/art", "/data/art"),
        ("saved: Local save in /data/art", "saved: Local save in /data/art"),
        ("", None),
        (None, None),
    ]
    check(spark, columns.path, rows, name="save_location")


def test_tags_are_split_at_commas_and_trimmed(spark: SparkSession) -> None:
    rows = [
        ("Art,Drawing Tips,Doodles", ["Art", "Drawing Tips", "Doodles"]),
        ("Art", ["Art"]),
        (" Art ,\u00a0Tips\u00a0, Do it\t,a\nb", ["Art", "Tips", "Do it", "a\nb"]),
        ("Идеи,Дом", ["Идеи", "Дом"]),
        (",Art,,Tips,", ["Art", "Tips"]),
        ("Art,,Tips", ["Art", "Tips"]),
        ("Art, Tips", ["Art", "Tips"]),
        ("Art ,Tips", ["Art", "Tips"]),
        ("Art,\u2009Tips", ["Art", "Tips"]),
        ("Art\u3000,Tips", ["Art", "Tips"]),
        ("Art,Tips,", ["Art", "Tips"]),
        (",Art", ["Art"]),
        ("a-b,(c),d!", ["a-b", "(c)", "d!"]),
        ("N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e", None),
        ("N,o, ,T,a,g,s", ["N", "o", "T", "a", "g", "s"]),
        ("No Tags Available", ["No Tags Available"]),
        (" , ,", None),
        (",", None),
        ("", None),
        (None, None),
    ]
    check(spark, columns.tags, rows, name="tag_list", data_type="array<string>")


def test_full_name_has_one_space_between(spark: SparkSession) -> None:
    rows = [
        ("Ada", "Lovelace", "Ada Lovelace"),
        (" Ada ", "\u00a0Lovelace", "Ada Lovelace"),
        ("Ada", None, "Ada"),
        (None, "Lovelace", "Lovelace"),
        ("Ada", " ", "Ada"),
        (" ", "", None),
        (None, None, None),
    ]
    frame = spark.createDataFrame(rows, "first string, last string, expected string")
    trimmed = frame.withColumns({name: columns.trim(F.col(name)) for name in ("first", "last")})
    result = trimmed.withColumn("result", columns.full_name("first", "last"))
    assert_column_equality(result, "result", "expected")


def test_coordinates_are_latitude_first_and_null_unless_both_are_known(
    spark: SparkSession,
) -> None:
    rows = [
        (1.5, -2.5, [1.5, -2.5]),
        (0.0, 0.0, [0.0, 0.0]),
        (1.5, None, None),
        (None, -2.5, None),
        (None, None, None),
    ]
    frame = spark.createDataFrame(rows, "lat double, lon double, expected array<double>")
    result = frame.withColumn("result", columns.coordinates("lat", "lon"))
    assert_column_equality(result, "result", "expected")
