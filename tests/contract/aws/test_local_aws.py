"""The core that Terraform creates in a local AWS, which enforces the policies of the roles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from requests.auth import AuthBase

from emulation.signature import AwsSignature
from ingestion.kinesis import create_streams
from local.environment import REGION
from local.settings import ROOT
from tests.support.gateway_process import KEY, gateway_process
from tests.support.local_aws import ACCOUNT, Keys, LocalAws, refused
from tests.support.terraform import AWS, Terraform

BUCKET = f"pinterest-landing-{ACCOUNT}"
ARTIFACTS = f"pinterest-artifacts-{ACCOUNT}"
STREAM = "streaming-demo-pin"
OBJECT = "topics/demo.pin/partition=0/demo.pin+0+0000000000.json"
RECORDS = {"records": [{"data": 1, "partition-key": "1"}]}
UNITY_CATALOG = "unity-catalog"
EXTERNAL_ID = "3f0c4b1e"
VARIABLES = {
    "proxy_archive": str(AWS / "versions.tf"),
    "connector_plugin": str(AWS / "versions.tf"),
    "kinesis": '{"mode":"PROVISIONED","shards":2}',
    "mwaa_enabled": "true",
    "databricks_principal": f"arn:aws:iam::{ACCOUNT}:role/{UNITY_CATALOG}",
    "databricks_external_ids": json.dumps({"landing": EXTERNAL_ID, "kinesis": EXTERNAL_ID}),
}
CORE = (
    "module.artifacts.aws_s3_bucket.this",
    "module.landing.module.bucket.aws_s3_bucket.this",
    "module.kinesis",
    "module.databricks",
    "module.landing.aws_iam_role_policy.connector",
    "module.api.aws_iam_role_policy.kinesis",
    "module.api.aws_iam_role_policy.logs",
    "module.mwaa[0].aws_iam_role_policy.this",
    # Not its lifecycle rules: Terraform waits a minute for AWS to agree on them.
    "module.landing.module.bucket.aws_s3_bucket_policy.this",
    "module.landing.module.bucket.aws_s3_bucket_versioning.this",
    "module.landing.module.bucket.aws_s3_bucket_server_side_encryption_configuration.this",
)


@pytest.fixture(scope="module")
def core(enforcing_aws: LocalAws, terraform_home: Path) -> Iterator[LocalAws]:
    """Create the core as a user would; remove it at the end."""
    key_id, secret, _ = enforcing_aws.root
    terraform = Terraform(
        terraform_home,
        AWS_ENDPOINT_URL=enforcing_aws.url,
        AWS_ACCESS_KEY_ID=key_id,
        AWS_SECRET_ACCESS_KEY=secret,
        **{f"TF_VAR_{name}": value for name, value in VARIABLES.items()},
    )
    options = ("-input=false", "-auto-approve", f"-state={terraform_home / 'core.tfstate'}")
    targets = [f"-target={address}" for address in CORE]
    terraform("apply", *options, *targets)
    yield enforcing_aws
    s3 = enforcing_aws.client("s3")
    for bucket in (BUCKET, ARTIFACTS):
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    printed = terraform("destroy", *options, *targets)
    assert "Destroy complete!" in printed
    assert enforcing_aws.client("kinesis").list_streams()["StreamNames"] == []
    assert s3.list_buckets()["Buckets"] == []


@pytest.fixture(scope="module")
def connector(core: LocalAws) -> Keys:
    return core.keys_of("pinterest-connector")


@pytest.fixture(scope="module")
def unity_catalog(core: LocalAws) -> Keys:
    """Create the role that stands for Databricks' own; return keys of a session with it."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam = core.client("iam")
    iam.create_role(RoleName=UNITY_CATALOG, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(
        RoleName=UNITY_CATALOG,
        PolicyName="assume",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    return core.assume(core.root, UNITY_CATALOG)


@pytest.fixture(scope="module")
def landed(core: LocalAws, connector: Keys) -> bytes:
    """Land one object as the connector does; return its content."""
    line = b'{"index": 1}\n'
    core.client("s3", connector).put_object(Bucket=BUCKET, Key=OBJECT, Body=line, IfNoneMatch="*")
    return line


@pytest.fixture(scope="module")
def api_keys(core: LocalAws) -> Keys:
    return core.keys_of("pinterest-api-kinesis")


@pytest.fixture(scope="module")
def api(core: LocalAws, api_keys: Keys) -> Iterator[str]:
    """Serve the API; it calls Kinesis with the policy of its role."""
    key_id, secret, _ = api_keys
    role = {"region": REGION, "kinesis_role_arn": f"arn:aws:iam::{ACCOUNT}:role/pinterest-api"}
    proxy = {
        "kafka_rest_url": "http://127.0.0.1:9",
        "proxy_secret": "of-the-proxy",
        "authorization": "NONE",
        "vpc_link_id": "none",
    }
    with gateway_process(
        ROOT / "ingestion" / "api.yaml",
        KINESIS_URL=core.url,
        PLACEHOLDERS=json.dumps(proxy | role),
        AWS_ACCESS_KEY_ID=key_id,
        AWS_SECRET_ACCESS_KEY=secret,
        CALLER_ACCESS_KEY_ID=key_id,
        CALLER_SECRET_ACCESS_KEY=secret,
    ) as url:
        yield url


def test_the_streams_are_those_of_the_user(core: LocalAws) -> None:
    kinesis = core.client("kinesis")
    streams = create_streams(kinesis, "demo", shards=2)
    assert not any(stream.created for stream in streams)


def test_the_bucket_is_versioned_encrypted_and_tagged(core: LocalAws) -> None:
    s3 = core.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    tags = s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"project": "pinterest", "user_id": "demo"}


def test_the_connector_lands_objects_and_never_overwrites(
    core: LocalAws, connector: Keys, landed: bytes
) -> None:
    s3 = core.client("s3", connector)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key=OBJECT, Body=b"", IfNoneMatch="*")
    assert s3.head_object(Bucket=BUCKET, Key=OBJECT)["ContentLength"] == len(landed)


@pytest.mark.parametrize(
    "call",
    [
        lambda s3: s3.put_object(Bucket=BUCKET, Key="topics/other.pin/a", Body=b""),
        lambda s3: s3.put_object(Bucket=BUCKET, Key="a", Body=b""),
        lambda s3: s3.delete_object(Bucket=BUCKET, Key=OBJECT),
        lambda s3: s3.get_bucket_policy(Bucket=BUCKET),
        lambda s3: s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        lambda s3: s3.list_buckets(),
    ],
)
def test_the_connector_may_do_nothing_else(
    core: LocalAws, connector: Keys, call: Callable[[Any], object]
) -> None:
    assert refused(lambda: call(core.client("s3", connector)))
    assert refused(lambda: core.client("kinesis", connector).list_streams())


def test_mwaa_reads_its_dag_and_its_secrets(core: LocalAws) -> None:
    for key in ("airflow/dags/pinterest_batch.py", "kafka-rest/archive.zip"):
        core.client("s3").put_object(Bucket=ARTIFACTS, Key=key, Body=b"")
    for name in ("airflow/connections/databricks_default", "production/database"):
        core.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    keys = core.keys_of("pinterest-mwaa")
    s3, secrets = (core.client(name, keys) for name in ("s3", "secretsmanager"))

    assert s3.get_object(Bucket=ARTIFACTS, Key="airflow/dags/pinterest_batch.py")
    assert secrets.get_secret_value(SecretId="airflow/connections/databricks_default")
    assert refused(lambda: s3.get_object(Bucket=ARTIFACTS, Key="kafka-rest/archive.zip"))
    assert refused(lambda: s3.put_object(Bucket=ARTIFACTS, Key="airflow/dags/a.py", Body=b""))
    assert refused(lambda: s3.list_objects_v2(Bucket=BUCKET))
    assert refused(lambda: secrets.get_secret_value(SecretId="production/database"))
    assert refused(lambda: secrets.delete_secret(SecretId="airflow/connections/databricks_default"))


def test_the_bucket_refuses_calls_without_tls(
    core: LocalAws, connector: Keys, landed: bytes
) -> None:
    def read(*, tls: bool) -> object:
        return core.client("s3", connector, tls=tls).get_object(Bucket=BUCKET, Key=OBJECT)

    assert landed
    assert not refused(lambda: read(tls=True))
    assert refused(lambda: read(tls=False))


def test_databricks_reads_the_landing_and_writes_nothing(
    core: LocalAws, unity_catalog: Keys, landed: bytes
) -> None:
    keys = core.assume(unity_catalog, "pinterest-databricks-landing", EXTERNAL_ID)
    s3 = core.client("s3", keys)
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [OBJECT]
    assert s3.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read() == landed
    assert refused(lambda: s3.put_object(Bucket=BUCKET, Key="a", Body=b""))
    assert refused(lambda: s3.delete_object(Bucket=BUCKET, Key=OBJECT))
    assert refused(lambda: core.client("kinesis", keys).list_shards(StreamName=STREAM))


@pytest.mark.parametrize("role", ["pinterest-databricks-landing", "pinterest-databricks-kinesis"])
def test_a_role_of_databricks_needs_the_external_id(
    core: LocalAws, unity_catalog: Keys, connector: Keys, role: str
) -> None:
    assert not refused(lambda: core.assume(unity_catalog, role, EXTERNAL_ID))
    assert refused(lambda: core.assume(unity_catalog, role, "another"))
    assert refused(lambda: core.assume(unity_catalog, role))
    assert refused(lambda: core.assume(connector, role, EXTERNAL_ID))


def test_a_record_goes_through_the_api_to_databricks(
    core: LocalAws, api: str, unity_catalog: Keys
) -> None:
    sent = {"StreamName": STREAM, "Data": {"index": 1}, "PartitionKey": "1"}
    answer = ask(api, "PUT", f"/streams/{STREAM}/record", sent)
    assert answer.status_code == 200, answer.text
    keys = core.assume(unity_catalog, "pinterest-databricks-kinesis", EXTERNAL_ID)
    kinesis = core.client("kinesis", keys)
    assert kinesis.describe_stream_summary(StreamName=STREAM)
    assert {s["ShardId"] for s in kinesis.list_shards(StreamName=STREAM)["Shards"]} >= {
        answer.json()["ShardId"]
    }
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}"
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId=answer.json()["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    # ministack does not see from an iterator which stream it is of; AWS does.
    records = kinesis.get_records(ShardIterator=iterator, StreamARN=arn)["Records"]
    assert {"index": 1} in [json.loads(record["Data"]) for record in records]
    assert refused(lambda: kinesis.put_record(StreamName=STREAM, Data=b"{}", PartitionKey="1"))
    assert refused(lambda: core.client("s3", keys).list_objects_v2(Bucket=BUCKET))


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/streams", None, 200),
        ("GET", f"/streams/{STREAM}", None, 200),
        ("PUT", f"/streams/{STREAM}/records", RECORDS, 200),
        ("GET", "/streams/streaming-other-pin", None, 400),
        ("PUT", "/streams/streaming-other-pin/records", RECORDS, 400),
    ],
)
def test_the_api_calls_only_the_streams_of_the_user(
    api: str, method: str, path: str, body: object, expected: int
) -> None:
    answer = ask(api, method, path, body)
    assert answer.status_code == expected, answer.text
    assert ("AccessDenied" in answer.text) == (expected == 400)


def test_signed_requests_delete_and_create_streams_of_the_user(api: str, api_keys: Keys) -> None:
    path, signature = "/streams/streaming-demo-geo", AwsSignature(Credentials(*api_keys), REGION)
    assert ask(api, "DELETE", path).status_code == 403
    assert ask(api, "DELETE", path, signature=signature).status_code == 200
    assert ask(api, "POST", path, {"ShardCount": 2}, signature=signature).status_code == 200

    other = ask(api, "POST", "/streams/streaming-other-pin", {}, signature=signature)
    assert other.status_code == 400
    assert "AccessDenied" in other.text


def ask(
    api: str, method: str, path: str, body: object = None, *, signature: AuthBase | None = None
) -> requests.Response:
    headers, url = {"x-api-key": KEY}, f"{api}{path}"
    return requests.request(method, url, headers=headers, json=body, auth=signature, timeout=30)
