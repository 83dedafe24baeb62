"""Counts what lies in the landing bucket, by reading it."""

from __future__ import annotations

from collections.abc import Callable

from mypy_boto3_s3 import S3Client

__all__ = ["lines_landed"]


def lines_landed(
    s3: S3Client, bucket: str, topic: str, on_object: Callable[[], None] = lambda: None
) -> int:
    """Return the number of lines in the objects of `topic`.

    Args:
        s3: The client to read with.
        bucket: The landing bucket.
        topic: The Kafka topic.
        on_object: Called after each object.
    """
    lines = 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"topics/{topic}/")
    for key in (item["Key"] for page in pages for item in page.get("Contents", [])):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        lines += sum(chunk.count(b"\n") for chunk in body.iter_chunks(1 << 20))
        on_object()
    return lines
