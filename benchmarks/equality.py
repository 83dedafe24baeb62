"""Whether the clean rows are those of an independent computation of the rules, by DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.environment import environment
from benchmarks.figures import Figure
from benchmarks.landing import land
from benchmarks.lines import batches_of_lines
from emulation.events import EVENTS as POSTED
from local.spark.session import connect
from local.stack.secrets import Secrets
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables

__all__ = ["RULES", "equality"]

_TRIM = r"regexp_replace({0}, '^[\s\x{{a0}}]+|[\s\x{{a0}}]+$', '', 'g')"


def _text(column: str, *placeholders: str) -> str:
    trimmed = _TRIM.format(column)
    known = ", ".join(f"'{placeholder}'" for placeholder in ("", *placeholders))
    return f"CASE WHEN {trimmed} NOT IN ({known}) THEN {trimmed} END"


_COUNT = _TRIM.format("follower_count")
_FOLLOWERS = rf"""CASE WHEN regexp_full_match({_COUNT}, '[0-9][0-9,]*(\.[0-9]+)?[kKmMbB]?') THEN
    CAST(round(CAST(replace(regexp_extract({_COUNT}, '[0-9.,]+'), ',', '') AS DECIMAL(30, 9))
    * CASE lower(right({_COUNT}, 1)) WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000
      WHEN 'b' THEN 1000000000 ELSE 1 END) AS BIGINT) END"""
_TAGS = _text("tag_list", "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e")

RULES = {
    "pin": f"""SELECT "index" AS ind, {_text("unique_id")} AS unique_id,
        {_text("title", "No Title Data Available")} AS title,
        {
        _text(
            "description",
            "No description available Story format",
            "No description available",
            "Untitled",
        )
    } AS description, {_FOLLOWERS} AS follower_count,
        {_text("poster_name", "User Info Error")} AS poster_name,
        list_filter(list_transform(string_split({_TAGS}, ','), lambda tag: trim(tag)),
                    lambda tag: tag <> '') AS tag_list,
        {_text("is_image_or_video")} AS is_image_or_video,
        {_text("image_src", "Image src error.")} AS image_src,
        regexp_extract(save_location, '/.*') AS save_location, {_text("category")} AS category""",
    "geo": f"""SELECT ind, {_text("country")} AS country, [latitude, longitude] AS coordinates,
        epoch_us(CAST(replace("timestamp", 'T', ' ') AS TIMESTAMP)) AS "timestamp" """,
    "user": """SELECT ind, trim(first_name) || ' ' || trim(last_name) AS user_name, age,
        epoch_us(CAST(replace(date_joined, 'T', ' ') AS TIMESTAMP)) AS date_joined""",
}
"""The rules in SQL over the lines as they landed; written from the rules, not from the library."""

_TYPES = {"INT": ("index", "ind", "age", "downloaded"), "DOUBLE": ("latitude", "longitude")}
_TIMES = {"geo": "timestamp", "user": "date_joined"}


def equality(posts: int) -> list[Figure]:
    """Return how many clean rows differ from DuckDB's, over `posts` posts."""
    figures = []
    with environment("spark") as (settings, _):
        for event in EVENTS:
            batches = list(batches_of_lines(posts))
            land(settings, f"equal.{event.name}", (batch[event.name] for batch in batches))
            with (settings.state / f"{event.name}.json").open("wb") as file:
                file.writelines(line + b"\n" for batch in batches for line in batch[event.name])
        spark = connect(settings, Secrets.of(settings.state))
        tables = Tables(settings.catalog, "bench_equality")
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path,
            user_id="equal",
            tables=tables,
        )
        for event in EVENTS:
            rows = settings.state / f"{event.name}.parquet"
            tables.read(spark, event.name).write.parquet(rows.as_uri())
            differing = _differing(event.name, settings.state / f"{event.name}.json", rows)
            figures.append(
                Figure(f"{event.name}: rows unlike DuckDB's, of {posts:,}", differing, at_most=0)
            )
    return figures


def _differing(event: str, lines: Path, clean: Path) -> int:
    time = _TIMES.get(event)
    spark_rows = f"SELECT * {_replace_time(time)} FROM read_parquet('{clean}/*.parquet')"  # noqa: S608  # own paths
    source = f"FROM read_json('{lines}', format = 'newline_delimited', columns = {_columns(event)})"
    own_rows = f"{RULES[event]} {source}"
    unlike = f"""SELECT count(*) FROM ((({spark_rows}) EXCEPT ALL ({own_rows}))
        UNION ALL (({own_rows}) EXCEPT ALL ({spark_rows})))"""  # noqa: S608  # own paths
    with duckdb.connect() as database:
        return int(database.execute(unlike).fetchall()[0][0])


def _replace_time(column: str | None) -> str:
    return f'REPLACE (epoch_us("{column}") AS "{column}")' if column else ""


def _columns(event: str) -> str:
    types = {name: kind for kind, names in _TYPES.items() for name in names}
    (columns,) = [posted.columns for posted in POSTED if posted.name == event]
    return str({name: types.get(name, "VARCHAR") for name in columns})
