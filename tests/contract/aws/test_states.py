"""What Terraform would create: the states of `terraform test` with a mock provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from local.api_gateway.api_model import parse_api
from local.api_gateway.document import read_document
from local.services.kafka import connector_configuration
from local.settings import ROOT, Settings
from pinterest_pipeline.names import stream_names, topics
from tests.contract.aws.conftest import States
from tests.support.terraform import Resource

VARIANTS = ("defaults", "named", "provisioned_msk", "mwaa")
ACCOUNT = "111122223333"
POLICIES = {
    "aws_iam_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_kms_key": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
}
"""Where each kind of resource has its policy."""
PLACES = {"s3.bucket.name", "s3.region", "store.url", "s3.path.style.access.enabled"}
SIZES = {
    "tasks.max",
    "flush.size",
    "rotate.schedule.interval.ms",
    "errors.deadletterqueue.topic.replication.factor",
}


@pytest.fixture(params=VARIANTS)
def state(request: pytest.FixtureRequest, states: States) -> list[Resource]:
    """Give the state of each variant."""
    return states[request.param]


def of(state: list[Resource], kind: str) -> list[Resource]:
    return [resource for resource in state if resource.kind == kind]


def one(state: list[Resource], kind: str) -> dict[str, Any]:
    [resource] = of(state, kind)
    return dict(resource.values)


def policies(state: list[Resource]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each statement of each policy, with the address of the resource that has it."""
    for resource in state:
        if name := POLICIES.get(resource.kind):
            for statement in json.loads(resource.values[name])["Statement"]:
                yield f"{resource.address}: {statement.get('Sid')}", statement


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# Least privilege


def test_no_policy_allows_a_wildcard_action(state: list[Resource]) -> None:
    wild = {
        address: statement["Action"]
        for address, statement in policies(state)
        if statement["Effect"] == "Allow" and "*" in "".join(as_list(statement["Action"]))
    }
    assert wild == {}


def test_no_policy_allows_any_principal(state: list[Resource]) -> None:
    principals = {
        address: statement["Principal"]
        for address, statement in policies(state)
        if statement["Effect"] == "Allow" and "Principal" in statement
    }
    assert not [address for address, who in principals.items() if "*" in json.dumps(who)]
    assert len(principals) >= 6  # the trust of each role


# Encrypted


def test_every_bucket_is_private_encrypted_and_versioned(state: list[Resource]) -> None:
    buckets = {
        bucket.address.rpartition(".aws_s3_bucket.")[0] for bucket in of(state, "aws_s3_bucket")
    }
    assert buckets == {"module.artifacts", "module.landing.module.bucket"}
    for bucket in buckets:
        parts = {r.kind: r.values for r in state if r.address.startswith(f"{bucket}.")}
        access = parts["aws_s3_bucket_public_access_block"]
        assert all(
            access[name] for name in access if name.startswith(("block", "ignore", "restrict"))
        )
        [rule] = parts["aws_s3_bucket_server_side_encryption_configuration"]["rule"]
        assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
        assert (
            parts["aws_s3_bucket_versioning"]["versioning_configuration"][0]["status"] == "Enabled"
        )
        [ownership] = parts["aws_s3_bucket_ownership_controls"]["rule"]
        assert ownership["object_ownership"] == "BucketOwnerEnforced"
        [statement] = json.loads(parts["aws_s3_bucket_policy"]["policy"])["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert parts["aws_s3_bucket_lifecycle_configuration"]["rule"]


def test_every_stream_is_encrypted(state: list[Resource]) -> None:
    streams = of(state, "aws_kinesis_stream")
    assert {(s.values["encryption_type"], s.values["kms_key_id"]) for s in streams} == {
        ("KMS", "alias/aws/kinesis")
    }


def test_disks_and_alarms_are_encrypted(state: list[Resource]) -> None:
    [disk] = one(state, "aws_instance")["root_block_device"]
    assert disk["encrypted"]
    assert one(state, "aws_sns_topic")["kms_master_key_id"]
    assert one(state, "aws_kms_key")["enable_key_rotation"]


def test_the_brokers_accept_iam_and_tls_only(states: States) -> None:
    [sign_in] = one(states["defaults"], "aws_msk_serverless_cluster")["client_authentication"]
    assert sign_in == {"sasl": [{"iam": [{"enabled": True}]}]}

    cluster = one(states["provisioned_msk"], "aws_msk_cluster")
    [sign_in] = cluster["client_authentication"]
    assert sign_in["sasl"] == [{"iam": True, "scram": None}]
    assert (sign_in["tls"], sign_in["unauthenticated"]) == ([], False)
    [transit] = cluster["encryption_info"][0]["encryption_in_transit"]
    assert transit == {"client_broker": "TLS", "in_cluster": True}
    assert not of(states["provisioned_msk"], "aws_msk_serverless_cluster")


def test_the_connector_signs_in_by_iam_through_tls(state: list[Resource]) -> None:
    connector = one(state, "aws_mskconnect_connector")
    assert connector["kafka_cluster_client_authentication"] == [{"authentication_type": "IAM"}]
    assert connector["kafka_cluster_encryption_in_transit"] == [{"encryption_type": "TLS"}]


# Private


def test_nothing_accepts_connections_from_the_internet(state: list[Resource]) -> None:
    rules = of(state, "aws_vpc_security_group_ingress_rule")
    assert rules
    assert {r.address for r in rules if r.values["cidr_ipv4"] == "0.0.0.0/0"} == set()
    assert not of(state, "aws_security_group_rule")
    assert all(not group.values.get("ingress") for group in of(state, "aws_default_security_group"))


def test_nothing_has_a_public_address(state: list[Resource]) -> None:
    assert one(state, "aws_lb")["internal"]
    assert not one(state, "aws_instance").get("associate_public_ip_address")
    assert not any(s.values["map_public_ip_on_launch"] for s in of(state, "aws_subnet"))
    assert all(
        e.values["webserver_access_mode"] == "PRIVATE_ONLY"
        for e in of(state, "aws_mwaa_environment")
    )


def test_the_client_asks_for_session_tokens_of_its_metadata(state: list[Resource]) -> None:
    [options] = one(state, "aws_instance")["metadata_options"]
    assert options["http_tokens"] == "required"


@pytest.mark.parametrize(
    ("variant", "expected"),
    [("defaults", 0), ("named", 0), ("provisioned_msk", 1), ("mwaa", 1)],
)
def test_there_is_a_nat_gateway_only_where_it_is_asked_for(
    states: States, variant: str, expected: int
) -> None:
    assert len(of(states[variant], "aws_nat_gateway")) == expected
    assert len(of(states[variant], "aws_internet_gateway")) == expected


def test_private_subnets_have_endpoints_in_two_zones(state: list[Resource]) -> None:
    private = [s for s in of(state, "aws_subnet") if ".private" in s.address]
    assert len({subnet.values["availability_zone"] for subnet in private}) == 2
    services = {e.values["service_name"].rpartition(".")[2] for e in of(state, "aws_vpc_endpoint")}
    assert services == {"s3", "kinesis-streams", "sts", "ssm", "ssmmessages"}


# The same files as on one machine


def test_the_api_is_the_document_that_the_local_gateway_serves(state: list[Resource]) -> None:
    role = next(
        r
        for r in of(state, "aws_iam_role")
        if r.address.startswith("module.api.aws_iam_role.kinesis")
    )
    substituted = {
        "kafka_rest_url": f"http://{one(state, 'aws_lb')['dns_name']}:8082",
        "vpc_link_id": one(state, "aws_api_gateway_vpc_link")["id"],
        "region": "eu-west-2"
        if one(state, "aws_api_gateway_rest_api")["name"] == "pins-dev"
        else "us-east-1",
        "kinesis_role_arn": role.values["arn"],
    }
    served = read_document(ROOT / "ingestion" / "api.yaml", substituted)
    assert yaml.safe_load(one(state, "aws_api_gateway_rest_api")["body"]) == served
    assert parse_api(served).calls_kinesis


def test_the_connector_has_the_configuration_of_the_local_one(states: States) -> None:
    configuration = one(states["defaults"], "aws_mskconnect_connector")["connector_configuration"]
    local = connector_configuration(Settings(user_id="demo"))
    own = PLACES | SIZES
    assert {k: v for k, v in configuration.items() if k not in own} == {
        k: v for k, v in local.items() if k not in own
    }
    assert {k: configuration.get(k) for k in PLACES} == {
        "s3.bucket.name": f"pinterest-landing-{ACCOUNT}",
        "s3.region": "us-east-1",
        "store.url": None,
        "s3.path.style.access.enabled": "false",
    }
    assert {k: configuration[k] for k in SIZES} == {
        "tasks.max": "3",
        "flush.size": "10000",
        "rotate.schedule.interval.ms": "60000",
        "errors.deadletterqueue.topic.replication.factor": "3",
    }


def test_confluents_plugin_gets_the_same_configuration_with_its_class(states: States) -> None:
    ours = one(states["defaults"], "aws_mskconnect_connector")["connector_configuration"]
    theirs = one(states["provisioned_msk"], "aws_mskconnect_connector")["connector_configuration"]
    assert theirs["connector.class"] == "io.confluent.connect.s3.S3SinkConnector"
    assert theirs.keys() == ours.keys()
    assert (theirs["flush.size"], theirs["rotate.schedule.interval.ms"]) == ("500", "30000")


def test_the_dag_and_the_constraints_of_its_image_are_uploaded(states: States) -> None:
    objects = {o.values["key"]: o.values for o in of(states["mwaa"], "aws_s3_object")}
    assert objects["airflow/dags/pinterest_batch.py"]["source"].endswith(
        "resources/dags/pinterest_batch.py"
    )
    requirements = objects["airflow/requirements.txt"]["content"]
    assert "constraints-3.2.1/constraints-3.12.txt" in requirements
    assert "apache-airflow-providers-databricks" in requirements
    [connection] = [
        s
        for s in of(states["mwaa"], "aws_secretsmanager_secret_version")
        if "connection" in s.address
    ]
    assert json.loads(connection.values["secret_string"]) == {
        "conn_type": "databricks",
        "host": "dbc.cloud.databricks.com",
        "login": "federated_aws",
        "extra": {"client_id": "an-application", "aws_conn_id": "aws_default"},
    }


# Names and variants


@pytest.mark.parametrize(
    ("variant", "prefix", "user_id"),
    [("defaults", "pinterest", "demo"), ("named", "pins-dev", "0a1B_2.c-3")],
)
def test_names_follow_the_prefix_and_the_user_id(
    states: States, variant: str, prefix: str, user_id: str
) -> None:
    state = states[variant]
    named = (
        "aws_iam_role",
        "aws_security_group",
        "aws_lb",
        "aws_api_gateway_rest_api",
        "aws_sns_topic",
    )
    names = [resource.values["name"] for kind in named for resource in of(state, kind)]
    assert all(name == prefix or name.startswith(f"{prefix}-") for name in names), names
    assert {s.values["name"] for s in of(state, "aws_kinesis_stream")} == set(stream_names(user_id))
    configuration = one(state, "aws_mskconnect_connector")["connector_configuration"]
    assert configuration["topics"].split(",") == topics(user_id)


def test_streams_scale_on_demand_or_by_shards(states: States) -> None:
    on_demand = of(states["defaults"], "aws_kinesis_stream")[0].values
    sharded = of(states["named"], "aws_kinesis_stream")[0].values
    assert on_demand["stream_mode_details"] == [{"stream_mode": "ON_DEMAND"}]
    assert sharded["stream_mode_details"] == [{"stream_mode": "PROVISIONED"}]
    assert (sharded["shard_count"], sharded["retention_period"]) == (4, 168)


def test_the_api_has_a_key_a_plan_throttles_and_logs(states: States) -> None:
    plan = one(states["named"], "aws_api_gateway_usage_plan")
    assert plan["throttle_settings"] == [{"burst_limit": 10, "rate_limit": 5}]
    assert plan["quota_settings"][0]["limit"] == 1000
    assert one(states["defaults"], "aws_api_gateway_usage_plan")["quota_settings"] == []
    for state in (states["defaults"], states["named"]):
        assert one(state, "aws_api_gateway_usage_plan_key")["key_type"] == "API_KEY"
        [logs] = one(state, "aws_api_gateway_stage")["access_log_settings"]
        assert "$context.status" in logs["format"]
        assert one(state, "aws_api_gateway_rest_api")["minimum_compression_size"] == "10485760"
    assert of(states["defaults"], "aws_api_gateway_account")
    assert not of(states["named"], "aws_api_gateway_account")


def test_every_failure_has_an_alarm(state: list[Resource]) -> None:
    alarms = of(state, "aws_cloudwatch_metric_alarm")
    watched = {alarm.values["metric_name"] for alarm in alarms}
    assert watched == {
        "ErroredTaskCount",
        "RunningTaskCount",
        "SumOffsetLag",
        "GetRecords.IteratorAgeMilliseconds",
        "WriteProvisionedThroughputExceeded",
        "5XXError",
        "4XXError",
        "UnHealthyHostCount",
    }
    topic = one(state, "aws_sns_topic")["arn"]
    assert all(list(alarm.values["alarm_actions"]) == [topic] for alarm in alarms)
    assert one(state, "aws_budgets_budget")["limit_amount"] == "1000"


def test_the_address_gets_the_alarms(states: States) -> None:
    assert one(states["named"], "aws_sns_topic_subscription")["endpoint"] == "team@example.com"
    assert not of(states["defaults"], "aws_sns_topic_subscription")


def test_databricks_may_assume_its_roles_with_the_external_id(states: States) -> None:
    trusts = {
        role.values["name"]: json.loads(role.values["assume_role_policy"])["Statement"]
        for role in of(states["named"], "aws_iam_role")
        if "databricks" in role.values["name"]
    }
    for use, external_id in (("landing", "3f0c"), ("kinesis", "77aa")):
        name = f"pins-dev-databricks-{use}"
        databricks, itself = trusts[name]
        expected = {"sts:ExternalId": external_id}
        assert databricks["Condition"]["StringEquals"] == expected
        assert itself["Condition"]["StringEquals"] == expected
        assert itself["Condition"]["ArnEquals"] == {
            "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{name}"
        }
