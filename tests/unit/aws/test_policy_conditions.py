"""Policies that depend on the caller, on a condition, or on a part of a name."""

from __future__ import annotations

import pytest

from tests.support.iam_policies import ACCOUNT, allows, trusts

BUCKET = "arn:aws:s3:::landing"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
ITSELF = f"arn:aws:iam::{ACCOUNT}:role/databricks"
SQS = {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}
S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group"
OF_MWAA = "arn:aws:sqs:us-east-1:999999999999:airflow-celery-1"
KEY_OF_MWAA = "arn:aws:kms:us-east-1:999999999999:key/1"


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("secretsmanager:GetSecretValue", f"{SECRET}:airflow/connections/a-x", {}, True),
        ("secretsmanager:GetSecretValue", f"{SECRET}:airflow/variables/a-x", {}, True),
        ("secretsmanager:GetSecretValue", f"{SECRET}:production/database-x", {}, False),
        ("secretsmanager:PutSecretValue", f"{SECRET}:airflow/variables/a-x", {}, False),
        ("s3:GetObject", f"{BUCKET}/airflow/dags/pinterest_batch.py", {}, True),
        ("s3:GetObject", f"{BUCKET}/kafka-rest/proxy.zip", {}, False),
        ("s3:PutObject", f"{BUCKET}/airflow/dags/pinterest_batch.py", {}, False),
        ("sqs:SendMessage", OF_MWAA, {}, True),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders", {}, False),
        ("kms:Decrypt", KEY_OF_MWAA, SQS, True),
        ("kms:Decrypt", KEY_OF_MWAA, S3, False),
        ("kms:Decrypt", KEY_OF_MWAA, {}, False),
        ("logs:PutLogEvents", f"{LOGS}:airflow-pinterest-Task:log-stream:a", {}, True),
        ("logs:PutLogEvents", f"{LOGS}:/msk/kafka:log-stream:a", {}, False),
    ],
)
def test_mwaa_reads_its_dags_and_secrets(
    action: str, resource: str, context: dict[str, str], *, expected: bool
) -> None:
    assert allows("mwaa", action, resource, context) is expected


UNITY = "arn:aws:iam::414351767826:role/unity"
RIGHT_ID = {"sts:ExternalId": "3f0c"}


@pytest.mark.parametrize(
    ("caller", "context", "expected"),
    [
        (UNITY, RIGHT_ID, True),
        (ITSELF, RIGHT_ID, True),
        (UNITY, {"sts:ExternalId": "77aa"}, False),
        (UNITY, {}, False),
        (ITSELF, {}, False),
        (f"arn:aws:iam::{ACCOUNT}:role/admin", RIGHT_ID, False),
        ("arn:aws:iam::414351767826:role/other", RIGHT_ID, False),
        ("arn:aws:iam::999999999999:role/unity", RIGHT_ID, False),
    ],
)
def test_databricks_and_the_role_itself_are_trusted_with_the_external_id(
    caller: str, context: dict[str, str], *, expected: bool
) -> None:
    assert trusts("trust_databricks", caller, context) is expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("PutLogEvents", True),
        ("CreateLogGroup", True),
        ("DeleteLogGroup", False),
        ("PutRetentionPolicy", False),
    ],
)
def test_the_api_writes_logs_and_deletes_none(action: str, *, expected: bool) -> None:
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/api-gateway/pinterest"
    assert allows("api_logs", f"logs:{action}", group) is expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("POST/topics/demo.pin", True),
        ("PUT/streams/streaming-demo-pin/records", True),
        ("GET/streams/streaming-demo-pin", True),
        ("PUT/streams/streaming-demo-user/record", True),
        ("POST/topics/demo2.pin", False),
        ("POST/topics/demo.x.pin", False),
        ("PUT/streams/streaming-demo-x-pin/records", False),
        ("PUT/streams/streaming-demo2-pin/records", False),
        ("POST/streams/streaming-demo-pin", False),
        ("DELETE/streams/streaming-demo-pin", False),
    ],
)
def test_a_client_posts_events_and_changes_no_stream(call: str, *, expected: bool) -> None:
    stage = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abc123/prod"
    assert allows("api_caller", "execute-api:Invoke", f"{stage}/{call}") is expected
