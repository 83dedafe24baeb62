"""What each policy of `aws/policies` allows, and that it refuses every other call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_pipeline.names import EVENT_NAMES
from tests.support.iam_policies import ACCOUNT, FILES, allows, statements

ROLES = tuple(p.stem for p in FILES if not p.stem.startswith(("alarm_", "bucket", "trust_")))
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "kinesis:ListStreams",
    "logs:DescribeLogGroups",
    "s3:GetAccountPublicAccessBlock",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "sts:GetWebIdentityToken",
}
"""Actions for which IAM knows no resource."""

BUCKET = "arn:aws:s3:::landing"
OBJECTS = (
    *(f"{BUCKET}/topics/demo.{event}/a" for event in EVENT_NAMES),
    f"{BUCKET}/topics/demo2.pin/a",
    f"{BUCKET}/other",
)
KAFKA = f"arn:aws:kafka:us-east-1:{ACCOUNT}"
CLUSTER = f"{KAFKA}:cluster/kafka/1-2-3"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/streaming-demo"
PROXY_SECRET = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/secret"
ARCHIVE = "arn:aws:s3:::artifacts/kafka-rest/archive.zip"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
ITSELF = f"arn:aws:iam::{ACCOUNT}:role/databricks"

TOPIC_ACTIONS = (
    "CreateTopic",
    "DeleteTopic",
    "DescribeTopic",
    "ReadData",
    "WriteData",
    "AlterTopic",
    "AlterTopicDynamicConfiguration",
    "DescribeTopicDynamicConfiguration",
)
WRITE_STREAM = ("CreateStream", "DeleteStream", "DescribeStreamSummary", "PutRecord", "PutRecords")
READ_STREAM = (
    "DescribeStream",
    "DescribeStreamSummary",
    "GetRecords",
    "GetShardIterator",
    "ListShards",
)


def on(resource: str, service: str, *actions: str) -> Iterator[tuple[str, str]]:
    """Yield each action with the resource that it is on."""
    for action in actions:
        yield f"{service}:{action}", resource


ALLOWED = {
    "connector": {
        *on(CLUSTER, "kafka-cluster", "Connect", "DescribeCluster"),
        *(
            call
            for event in EVENT_NAMES
            for call in on(
                f"{KAFKA}:topic/kafka/1-2-3/demo.{event}",
                "kafka-cluster",
                "DescribeTopic",
                "ReadData",
            )
        ),
        *on(
            f"{KAFKA}:topic/kafka/1-2-3/demo.dead_letters",
            "kafka-cluster",
            "DescribeTopic",
            "WriteData",
        ),
        *on(
            f"{KAFKA}:topic/kafka/1-2-3/__amazon_msk_connect_offsets_x",
            "kafka-cluster",
            "CreateTopic",
            "DescribeTopic",
            "ReadData",
            "WriteData",
        ),
        *on(
            f"{KAFKA}:group/kafka/1-2-3/connect-landing-demo",
            "kafka-cluster",
            "AlterGroup",
            "DescribeGroup",
        ),
        *on(BUCKET, "s3", "GetBucketLocation", "ListBucket"),
        *(
            call
            for event in EVENT_NAMES
            for call in on(
                f"{BUCKET}/topics/demo.{event}/a",
                "s3",
                "AbortMultipartUpload",
                "GetObject",
                "PutObject",
            )
        ),
    },
    "kafka_client": {
        *on(CLUSTER, "kafka-cluster", "Connect", "DescribeCluster", "WriteDataIdempotently"),
        *(
            call
            for name in (*EVENT_NAMES, "dead_letters")
            for call in on(
                f"{KAFKA}:topic/kafka/1-2-3/demo.{name}",
                "kafka-cluster",
                "AlterTopicDynamicConfiguration",
                "CreateTopic",
                "DescribeTopic",
                "DescribeTopicDynamicConfiguration",
            )
        ),
        *(
            ("kafka-cluster:WriteData", f"{KAFKA}:topic/kafka/1-2-3/demo.{event}")
            for event in EVENT_NAMES
        ),
        ("s3:GetObject", ARCHIVE),
        ("ssm:GetParameter", PROXY_SECRET),
        ("ssm:UpdateInstanceInformation", "*"),
        *on("*", "ssmmessages", "CreateControlChannel", "CreateDataChannel"),
        *on("*", "ssmmessages", "OpenControlChannel", "OpenDataChannel"),
    },
    "api_kinesis": {
        ("kinesis:ListStreams", "*"),
        *(
            call
            for event in EVENT_NAMES
            for call in on(f"{STREAM}-{event}", "kinesis", *WRITE_STREAM)
        ),
    },
    "databricks_kinesis": {
        *(
            call
            for event in EVENT_NAMES
            for call in on(f"{STREAM}-{event}", "kinesis", *READ_STREAM)
        ),
        ("sts:AssumeRole", ITSELF),
    },
    "databricks_landing": {
        *on(BUCKET, "s3", "GetBucketLocation", "ListBucket"),
        *(("s3:GetObject", key) for key in OBJECTS),
        ("sts:AssumeRole", ITSELF),
    },
}
"""Every call that a role may make, on the resources below and of the services below."""

RESOURCES = (
    "*",
    BUCKET,
    "arn:aws:s3:::other",
    "arn:aws:s3:::landing-2",
    *OBJECTS,
    "arn:aws:s3:::other/topics/demo.pin/a",
    CLUSTER,
    f"{KAFKA}:cluster/other/1-2-3",
    *(f"{KAFKA}:topic/kafka/1-2-3/demo.{event}" for event in (*EVENT_NAMES, "dead_letters")),
    f"{KAFKA}:topic/kafka/1-2-3/other.pin",
    f"{KAFKA}:topic/other/1-2-3/demo.pin",
    f"{KAFKA}:topic/kafka/1-2-3/__amazon_msk_connect_offsets_x",
    f"{KAFKA}:topic/kafka/1-2-3/__consumer_offsets",
    f"{KAFKA}:group/kafka/1-2-3/connect-landing-demo",
    f"{KAFKA}:group/kafka/1-2-3/connect-landing-other",
    *(f"{STREAM}-{event}" for event in EVENT_NAMES),
    f"{STREAM}-2-pin",
    f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/streaming-other-pin",
    f"arn:aws:kinesis:eu-west-2:{ACCOUNT}:stream/streaming-demo-pin",
    ITSELF,
    f"arn:aws:iam::{ACCOUNT}:role/admin",
    f"{SECRET}:airflow/connections/databricks_default-a1b2c3",
    PROXY_SECRET,
    f"{PROXY_SECRET}-2",
    ARCHIVE,
    "arn:aws:s3:::artifacts/dags/pinterest_batch.py",
)


@cache
def actions() -> tuple[str, ...]:
    """Return every action of the services, as the AWS SDK knows them, and those of Kafka."""
    session = botocore.session.Session()
    of_sdk = (
        f"{service}:{operation}"
        for service in ("iam", "kinesis", "s3", "secretsmanager", "ssm", "sts")
        for operation in session.get_service_model(service).operation_names
    )
    groups = ("AlterGroup", "DeleteGroup", "DescribeGroup")
    cluster = ("Connect", "DescribeCluster", "AlterCluster", "WriteDataIdempotently")
    of_kafka = (f"kafka-cluster:{name}" for name in (*TOPIC_ACTIONS, *groups, *cluster))
    named = {call[0] for calls in ALLOWED.values() for call in calls}
    return tuple(sorted({*of_sdk, *of_kafka, *named}))


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_make_exactly_the_calls_it_needs(role: str) -> None:
    calls = {(a, r) for a in actions() for r in RESOURCES if allows(role, a, r)}
    # An action without a resource is asked for "*", and IAM allows it for any.
    assert {call for call in calls if call[0] not in WITHOUT_RESOURCE or call[1] == "*"} == ALLOWED[
        role
    ]


def as_list(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_statement_allows_a_wildcard_action_or_principal(path: Path) -> None:
    for statement in statements(path):
        if statement["Effect"] == "Allow":
            assert not [action for action in as_list(statement["Action"]) if "*" in action]
            assert "*" not in str(statement.get("Principal", ""))
            assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@pytest.mark.parametrize("role", ROLES)
def test_only_actions_without_a_resource_are_allowed_on_any(role: str) -> None:
    [path] = [path for path in FILES if path.stem == role]
    for statement in statements(path):
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_statement_says_what_it_is_for(path: Path) -> None:
    names = [statement["Sid"] for statement in statements(path)]
    assert len(set(names)) == len(names)


OTHER_NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=20).filter(
    lambda name: name not in EVENT_NAMES
)


@given(
    role=st.sampled_from(sorted(ALLOWED)),
    action=st.sampled_from(WRITE_STREAM + READ_STREAM),
    name=OTHER_NAMES,
)
def test_no_role_touches_a_stream_that_is_not_of_an_event(
    role: str, action: str, name: str
) -> None:
    assert not allows(role, f"kinesis:{action}", f"{STREAM}-{name}")
