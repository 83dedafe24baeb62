"""Whether the clean rows are those of an independent computation of the rules, by DuckDB.

The rules in SQL are written from the rules in words, not from the library, and the library is
believed in nothing: neither which lines are good, nor which version of a post is the last.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import batched

import duckdb
import pyarrow as pa
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.records import land
from benchmarks.variations import WHITE_SPACE, Line, varied_lines
from emulation.events import EVENTS, Event
from emulation.synthetic.posts import synthetic_posts
from local.environment import Environment
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables

__all__ = ["differing_rows", "equality", "expected_rows"]

_OBJECT_LINES = 10_000
_SHOWN = 3


def _trimmed(text: str) -> str:
    return f"trim({text}, '{WHITE_SPACE}')"


def _text(column: str, *placeholders: str) -> str:
    unknown = ", ".join(f"'{text}'" for text in ("", *placeholders))
    return f"CASE WHEN {_trimmed(column)} NOT IN ({unknown}) THEN {_trimmed(column)} END"


_COUNT = _trimmed("follower_count")
_NUMBER = f"CAST(replace(regexp_extract({_COUNT}, '[0-9.,]+'), ',', '') AS DECIMAL(24, 9))"
_FOLLOWERS = rf"""CASE WHEN regexp_full_match({_COUNT},
        '([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+|[0-9]+\.[0-9]+)[kKmMbB]?') THEN
    {_NUMBER} * CASE lower(right({_COUNT}, 1)) WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000
      WHEN 'b' THEN 1000000000 ELSE 1 END END"""
_WHOLE_FOLLOWERS = f"CASE WHEN {_FOLLOWERS} = floor({_FOLLOWERS}) THEN {_FOLLOWERS}::BIGINT END"
_TAGS = f"""list_filter(list_transform(
    string_split({_text("tag_list", "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e")}, ','),
    lambda tag: {_trimmed("tag")}), lambda tag: tag <> '')"""
_PATH = _text("regexp_replace(save_location, 'Local save in', '')")


def _time(column: str) -> str:
    return f"""epoch_us(replace("{column}", 'T', ' ')::TIMESTAMP) AS "{column}" """


_RULES = {
    "pin": f"""SELECT "index" AS ind, {_text("unique_id")} AS unique_id,
        {_text("title", "No Title Data Available")} AS title,
        {
        _text(
            "description",
            "No description available Story format",
            "No description available",
            "Untitled",
        )
    } AS description, {_WHOLE_FOLLOWERS} AS follower_count,
        {_text("poster_name", "User Info Error")} AS poster_name,
        CASE WHEN len({_TAGS}) > 0 THEN {_TAGS} END AS tag_list,
        {_text("is_image_or_video")} AS is_image_or_video,
        {_text("image_src", "Image src error.")} AS image_src,
        {_PATH} AS save_location, {_text("category")} AS category""",
    "geo": f"""SELECT ind, {_text("country")} AS country,
        CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL THEN [latitude, longitude]
            END AS coordinates, {_time("timestamp")}""",
    "user": f"""SELECT ind, {
        _text("concat_ws(' ', " + _text("first_name") + ", " + _text("last_name") + ")")
    } AS user_name, age, {_time("date_joined")}""",
}

_TYPES = {"INTEGER": ("index", "ind", "age"), "DOUBLE": ("latitude", "longitude")}
_TIMES = {"geo": "timestamp", "user": "date_joined"}


def equality(posts: int) -> list[Figure]:
    """Return how many clean rows and rejected records differ, over `posts` posts."""
    figures = []
    with environment("spark") as own:
        lines = {}
        for event, rows in zip(EVENTS, zip(*synthetic_posts(posts), strict=True), strict=True):
            tell(f"land the {event.name} records of {posts:,} posts")
            lines[event.name] = list(varied_lines(event, rows))
            _land(own, event, lines[event.name])
        spark, settings = own.spark, own.settings
        tables = Tables(settings.catalog, "bench_equality")
        tell("clean them, and compare")
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path,
            user_id="equal",
            tables=tables,
        )
        for event in EVENTS:
            figures += _compared(spark, tables, event, lines[event.name])
    return figures


def expected_rows(event: Event, lines: Sequence[Line]) -> pa.Table:
    """Return the clean rows of `lines`: one per post, its last version. Times in microseconds."""
    good = [line.text.decode() for line in lines if line.good]
    landed = pa.table({"place": range(len(good)), "line": good})
    types = {name: kind for kind, names in _TYPES.items() for name in names}
    columns = {name: types.get(name, "VARCHAR") for name in event.columns}
    read = f"from_json(line, '{json.dumps(columns)}')"
    query = f"""WITH read AS (SELECT place, unnest({read}) FROM landed),
        latest AS (SELECT * FROM read QUALIFY place = max(place) OVER (PARTITION BY "{event.key}"))
        {_RULES[event.name]} FROM latest"""  # noqa: S608  # own rules
    with duckdb.connect() as database:
        database.register("landed", landed)
        return database.sql(query).to_arrow_table()


def differing_rows(ours: pa.Table, theirs: pa.Table) -> list[str]:
    """Return the rows that are in one table only, as text."""
    with duckdb.connect() as database:
        database.register("ours", ours).register("theirs", theirs)
        differing = database.execute("""
            (SELECT 'ours', * FROM (FROM ours EXCEPT ALL FROM theirs))
            UNION ALL (SELECT 'DuckDB''s', * FROM (FROM theirs EXCEPT ALL FROM ours)) ORDER BY 2, 1
        """)
        return [str(row) for row in differing.fetchall()]


def _land(own: Environment, event: Event, lines: Iterable[Line]) -> None:
    objects = ([line.text for line in some] for some in batched(lines, _OBJECT_LINES))
    land(own, f"equal.{event.name}", objects, threads=1)  # in order: a later version is later


def _compared(
    spark: SparkSession, tables: Tables, event: Event, lines: Sequence[Line]
) -> list[Figure]:
    clean = tables.read(spark, event.name)
    if time := _TIMES.get(event.name):
        clean = clean.withColumn(time, F.unix_micros(time))
    expected = expected_rows(event, lines)
    rows = differing_rows(clean.toArrow(), expected)
    bad = [line.text for line in lines if not line.good]
    rejected = [_line(row) for row in _rejected(spark, tables, event)]
    only_one = (Counter(bad) - Counter(rejected)) + (Counter(rejected) - Counter(bad))
    records = sorted(only_one.elements())
    for difference in [*rows[:_SHOWN], *records[:_SHOWN]]:
        tell(f"differs: {difference}")
    return [
        Figure(f"{event.name}: clean rows unlike DuckDB's {len(expected):,}", len(rows), at_most=0),
        Figure(f"{event.name}: rejected unlike the {len(bad):,} bad", len(records), at_most=0),
    ]


def _rejected(spark: SparkSession, tables: Tables, event: Event) -> list[Row]:
    return tables.read(spark, "rejected").where(F.col("event") == event.name).collect()


def _line(rejected: Row) -> bytes:
    """Return the line that was rejected, as it came."""
    payload: str = rejected.payload
    return base64.b64decode(payload) if "base64" in rejected.reason else payload.encode()
