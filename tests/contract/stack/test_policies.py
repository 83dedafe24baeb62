"""The local S3 and Kinesis let each service do what its role may do in AWS, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.environment import kinesis_client, s3_client
from local.secrets import AwsKey, Secrets
from local.settings import Settings
from tests.conftest import Running
from tests.support.local_aws import refused

USER = f"user-{uuid.uuid4().hex}"
LANDED = f"topics/{USER}.pin/partition=0/é + 1.json"
STREAM = f"streaming-{USER}-pin"
RECORD = {"StreamName": STREAM, "Data": b"1", "PartitionKey": "1"}


def as_service(secrets: Secrets, key: AwsKey) -> Secrets:
    """Return secrets with which the clients sign as a service."""
    own = {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret}
    return secrets.model_copy(update=own)


@pytest.fixture
def s3(settings: Settings, secrets: Secrets, running: Running) -> Callable[[AwsKey], Any]:
    """Give a function that returns the client of a service."""
    running("s3")
    return lambda key: s3_client(settings, as_service(secrets, key))


@pytest.fixture
def kinesis(settings: Settings, secrets: Secrets, running: Running) -> Callable[[AwsKey], Any]:
    """Give a function that returns the client of a service."""
    running("kinesis")
    kinesis_client(settings, secrets).create_stream(StreamName=STREAM, ShardCount=1)
    return lambda key: kinesis_client(settings, as_service(secrets, key))


def test_connect_lands_objects_and_spark_only_reads_them(
    s3: Callable[[AwsKey], Any], settings: Settings, secrets: Secrets
) -> None:
    location = {"Bucket": settings.bucket, "Key": LANDED}
    connect, spark = s3(secrets.connect_aws_key), s3(secrets.spark_aws_key)

    connect.put_object(**location, Body=b"a line", IfNoneMatch="*")

    assert spark.get_object(**location)["Body"].read() == b"a line"
    assert spark.list_objects_v2(Bucket=settings.bucket, Prefix=f"topics/{USER}.pin/")["KeyCount"]
    assert refused(lambda: spark.put_object(**location, Body=b"another"))
    assert refused(lambda: spark.delete_object(**location))
    assert refused(lambda: connect.delete_object(**location))
    assert refused(lambda: connect.put_object(Bucket=settings.bucket, Key="topics/other/1"))


def test_the_api_writes_streams_and_spark_only_reads_them(
    kinesis: Callable[[AwsKey], Any], secrets: Secrets
) -> None:
    api, spark = kinesis(secrets.gateway_aws_key), kinesis(secrets.spark_aws_key)

    api.put_record(**RECORD)

    [shard, *_] = spark.list_shards(StreamName=STREAM)["Shards"]
    location = {"StreamName": STREAM, "ShardId": shard["ShardId"]}
    iterator = spark.get_shard_iterator(**location, ShardIteratorType="TRIM_HORIZON")
    arn = spark.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    spark.get_records(ShardIterator=iterator["ShardIterator"], StreamARN=arn)
    assert refused(lambda: spark.put_record(**RECORD))
    assert refused(lambda: api.get_shard_iterator(**location, ShardIteratorType="TRIM_HORIZON"))
    assert refused(lambda: api.put_record(**{**RECORD, "StreamName": "another"}))


def test_a_wrong_signature_is_refused(
    s3: Callable[[AwsKey], Any], settings: Settings, secrets: Secrets
) -> None:
    forged = AwsKey(id=secrets.spark_aws_key.id, secret="guessed")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3(forged).list_objects_v2(Bucket=settings.bucket)
