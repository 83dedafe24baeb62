"""Counts what lies in the landing bucket, by reading it: Spark is not asked."""

from __future__ import annotations

from collections import Counter

import msgspec
from mypy_boto3_s3 import S3Client

__all__ = ["lines_landed", "post_of"]


def lines_landed(s3: S3Client, bucket: str, topic: str, key: str) -> Counter[int | None]:
    """Return how many lines landed of each post; null stands for lines that name no post.

    Args:
        s3: The client to read with.
        bucket: The landing bucket.
        topic: The Kafka topic.
        key: The field that says which post a line is about.
    """
    lines: Counter[int | None] = Counter()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"topics/{topic}/")
    for name in (item["Key"] for page in pages for item in page.get("Contents", [])):
        body = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
        # Not splitlines(): a carriage return belongs to its line.
        lines.update(post_of(line, key) for line in body.split(b"\n")[:-1])
    return lines


def post_of(line: bytes | str, key: str) -> int | None:
    """Return the post that `line` is about, by the number in its field `key`; null without one."""
    try:
        return int(float(msgspec.json.decode(line)[key]))
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, OverflowError):
        return None
