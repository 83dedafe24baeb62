"""The sizing calculator: its arithmetic at the limits of each service, and the docs' table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer import Typer
from typer.testing import CliRunner

from benchmarks.size import main
from benchmarks.sizing import (
    EXAMPLES,
    HEADROOM,
    Load,
    Need,
    cluster,
    connector_tasks,
    first_to_break,
    landing,
    partitions_per_topic,
    proxy_cores,
    shards_per_stream,
)
from local.settings import ROOT

RATES = st.floats(min_value=0.001, max_value=1e8)


def size(*arguments: str) -> str:
    app = Typer()
    app.command()(main)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("posts", "shards"),
    [
        (1, 1),
        (700, 1),  # 0.7 of a shard's 1,000 records
        (701, 2),
        (7_000, 10),
    ],
)
def test_small_records_need_a_shard_per_thousand_a_second(posts: float, shards: int) -> None:
    assert shards_per_stream(Load(posts)) == shards


def test_large_records_need_a_shard_per_megabyte_a_second() -> None:
    # 1,000 pins of 6,040 bytes are 6.04 MB/s.
    assert shards_per_stream(Load(1_000, scale=10)) == 9


@pytest.mark.parametrize(
    ("posts", "partitions"),
    [
        (1, 3),
        (17_300, 3),  # 10.4 MB/s of pins; three partitions take 15 MB/s, of which 0.7 is planned
        (17_400, 4),
    ],
)
def test_a_partition_of_msk_takes_five_megabytes_a_second(posts: float, partitions: int) -> None:
    assert partitions_per_topic(Load(posts)) == partitions


@pytest.mark.parametrize(
    ("posts", "part", "brokers"),
    [
        (171_000, "MSK Serverless", None),  # 139 MB/s; 0.7 of 200 MB/s is planned
        (172_000, "MSK provisioned", 13),  # 140 MB/s, 10.9 MB/s per broker
        (5_000_000, "MSK provisioned", 12),  # 4,075 MB/s, 350 MB/s per broker
    ],
)
def test_a_cluster_is_serverless_until_its_quota(
    posts: float, part: str, brokers: int | None
) -> None:
    need = cluster(Load(posts))

    assert need.part == part
    assert brokers is None or need.amount == brokers


@pytest.mark.parametrize(("batch", "records_per_second"), [(1, 501), (500, 117_000)])
def test_the_proxy_is_as_fast_as_measured(batch: int, records_per_second: int) -> None:
    load = Load(posts=records_per_second / 3, batch=batch)

    assert proxy_cores(load) == pytest.approx(2 / HEADROOM, rel=0.01)


def test_a_low_rate_does_not_wait_for_a_full_batch() -> None:
    assert Load(1).requests == 3
    assert Load(100_000).requests == 600


def test_a_rotation_limits_the_lines_of_an_object_at_a_low_rate() -> None:
    need = landing(Load(1), partitions=3)

    assert need.detail == "flush.size 200"  # a third of a post a second, for ten minutes
    assert need.amount == 3 * 3 * 144


def test_the_size_limits_an_object_at_a_high_rate() -> None:
    need = landing(Load(100_000), partitions=18)

    # users of 101 bytes: 128 MB hold 1,267,327 lines
    assert need.detail == "flush.size 1,267,327"


@given(RATES)
def test_a_connector_has_no_idle_task(posts: float) -> None:
    load = Load(posts)
    partitions = partitions_per_topic(load)

    assert 1 <= connector_tasks(load, partitions) <= 3 * partitions


@given(RATES, st.floats(min_value=1, max_value=100))
def test_more_posts_never_need_fewer_partitions_or_shards(posts: float, factor: float) -> None:
    less, more = Load(posts), Load(posts * factor)

    assert partitions_per_topic(less) <= partitions_per_topic(more)
    assert shards_per_stream(less) <= shards_per_stream(more)
    assert proxy_cores(less) <= proxy_cores(more) or posts < 500  # batches grow until 500


def test_the_part_that_uses_most_of_its_limit_breaks_first() -> None:
    found = [Need("a", 9, "x", 10), Need("b", 30, "x", 20), Need("c", 1_000, "x")]

    assert first_to_break(found).part == "b"


def test_parts_over_their_limit_name_what_replaces_them() -> None:
    output = " ".join(size("5000000").split())

    assert "API Gateway → producers write to Kafka and Kinesis directly" in output
    assert "Kinesis streams → MSK for both pipelines" in output


def test_nothing_is_over_its_limit_at_a_thousand_posts() -> None:
    assert "→" not in size("1000")


@pytest.mark.parametrize("posts", ["0", "-1", "many"])
def test_a_rate_is_a_positive_number(posts: str) -> None:
    app = Typer()
    app.command()(main)

    assert CliRunner().invoke(app, ["--", posts]).exit_code == 2


def test_the_table_of_the_docs_is_the_commands() -> None:
    assert size("--markdown").strip() in (ROOT / "docs" / "scale.md").read_text()
    assert EXAMPLES == (1, 1_000, 100_000, 5_000_000)
