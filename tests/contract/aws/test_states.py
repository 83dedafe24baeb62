"""What Terraform would create: the states of `terraform test` with a mock provider."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from local.api_gateway.api_model import parse_api
from local.api_gateway.document import read_document
from local.services.kafka import connector_configuration
from local.settings import ROOT, Settings
from pinterest_pipeline.names import stream_names, topics
from tests.support.terraform import State

ACCOUNT = "111122223333"
PLACES = {"s3.bucket.name", "s3.region", "store.url", "s3.path.style.access.enabled"}
SIZES = {
    "tasks.max",
    "flush.size",
    "rotate.schedule.interval.ms",
    "errors.deadletterqueue.topic.replication.factor",
}


# The same files as on one machine


def test_the_api_is_the_document_that_the_local_gateway_serves(state: State) -> None:
    role = next(
        r
        for r in state.of("aws_iam_role")
        if r.address.startswith("module.api.aws_iam_role.kinesis")
    )
    substituted = {
        "kafka_rest_url": f"http://{state.one('aws_lb')['dns_name']}:8082",
        "authorization": "AWS_IAM"
        if state.one("aws_api_gateway_rest_api")["name"] == "pins-dev"
        else "NONE",
        "proxy_secret": state.one("aws_ssm_parameter")["value"],
        "vpc_link_id": state.one("aws_api_gateway_vpc_link")["id"],
        "region": "eu-west-2"
        if state.one("aws_api_gateway_rest_api")["name"] == "pins-dev"
        else "us-east-1",
        "kinesis_role_arn": role.values["arn"],
    }
    served = read_document(ROOT / "ingestion" / "api.yaml", substituted)
    assert yaml.safe_load(state.one("aws_api_gateway_rest_api")["body"]) == served
    assert parse_api(served).calls_kinesis


def test_the_connector_has_the_configuration_of_the_local_one(states: dict[str, State]) -> None:
    configuration = states["defaults"].one("aws_mskconnect_connector")["connector_configuration"]
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


def test_confluents_plugin_gets_the_same_configuration_with_its_class(
    states: dict[str, State],
) -> None:
    ours = states["defaults"].one("aws_mskconnect_connector")["connector_configuration"]
    theirs = states["provisioned_msk"].one("aws_mskconnect_connector")["connector_configuration"]
    assert theirs["connector.class"] == "io.confluent.connect.s3.S3SinkConnector"
    assert theirs.keys() == ours.keys()
    assert (theirs["flush.size"], theirs["rotate.schedule.interval.ms"]) == ("500", "30000")


def test_the_dag_and_the_constraints_of_its_image_are_uploaded(states: dict[str, State]) -> None:
    objects = {o.values["key"]: o.values for o in states["mwaa"].of("aws_s3_object")}
    assert objects["airflow/dags/pinterest_batch.py"]["source"].endswith(
        "resources/dags/pinterest_batch.py"
    )
    requirements = objects["airflow/requirements.txt"]["content"]
    assert "constraints-3.4.0/constraints-3.12.txt" in requirements
    assert "apache-airflow-providers-databricks" in requirements
    [connection] = [
        s
        for s in states["mwaa"].of("aws_secretsmanager_secret_version")
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
    states: dict[str, State], variant: str, prefix: str, user_id: str
) -> None:
    state = states[variant]
    named = (
        "aws_iam_role",
        "aws_security_group",
        "aws_lb",
        "aws_api_gateway_rest_api",
        "aws_sns_topic",
    )
    names = [resource.values["name"] for kind in named for resource in state.of(kind)]
    assert all(name == prefix or name.startswith(f"{prefix}-") for name in names), names
    assert {s.values["name"] for s in state.of("aws_kinesis_stream")} == set(stream_names(user_id))
    configuration = state.one("aws_mskconnect_connector")["connector_configuration"]
    assert configuration["topics"].split(",") == topics(user_id)


def test_streams_scale_on_demand_or_by_shards(states: dict[str, State]) -> None:
    on_demand = states["defaults"].of("aws_kinesis_stream")[0].values
    sharded = states["named"].of("aws_kinesis_stream")[0].values
    assert on_demand["stream_mode_details"] == [{"stream_mode": "ON_DEMAND"}]
    assert sharded["stream_mode_details"] == [{"stream_mode": "PROVISIONED"}]
    assert (sharded["shard_count"], sharded["retention_period"]) == (4, 168)


def test_the_api_has_a_key_a_plan_throttles_and_logs(states: dict[str, State]) -> None:
    plan = states["named"].one("aws_api_gateway_usage_plan")
    assert plan["throttle_settings"] == [{"burst_limit": 10, "rate_limit": 5}]
    assert plan["quota_settings"][0]["limit"] == 1000
    assert states["defaults"].one("aws_api_gateway_usage_plan")["quota_settings"] == []
    for state in (states["defaults"], states["named"]):
        assert state.one("aws_api_gateway_usage_plan_key")["key_type"] == "API_KEY"
        [logs] = state.one("aws_api_gateway_stage")["access_log_settings"]
        assert "$context.status" in logs["format"]
        assert state.one("aws_api_gateway_rest_api")["minimum_compression_size"] == "10485760"
    assert states["defaults"].of("aws_api_gateway_account")
    assert not states["named"].of("aws_api_gateway_account")


def test_every_failure_has_an_alarm(state: State) -> None:
    alarms = state.of("aws_cloudwatch_metric_alarm")
    watched = {alarm.values["metric_name"] for alarm in alarms}
    disks = [a for a in alarms if a.values["metric_name"] == "KafkaDataLogsDiskUsed"]
    brokers = sum(c.values["number_of_broker_nodes"] for c in state.of("aws_msk_cluster"))
    assert [disk.values["dimensions"]["Broker ID"] for disk in disks] == [
        str(broker) for broker in range(1, brokers + 1)
    ]
    assert watched - {"KafkaDataLogsDiskUsed"} == {
        "ErroredTaskCount",
        "RunningTaskCount",
        "SumOffsetLag",
        "DeadLetters",
        "GetRecords.IteratorAgeMilliseconds",
        "WriteProvisionedThroughputExceeded",
        "5XXError",
        "4XXError",
        "UnHealthyHostCount",
    }
    topic = state.one("aws_sns_topic")["arn"]
    assert all(list(alarm.values["alarm_actions"]) == [topic] for alarm in alarms)
    assert state.one("aws_budgets_budget")["limit_amount"] == "1000"


def test_the_address_gets_the_alarms(states: dict[str, State]) -> None:
    assert states["named"].one("aws_sns_topic_subscription")["endpoint"] == "team@example.com"
    assert not states["defaults"].of("aws_sns_topic_subscription")


def test_databricks_may_assume_its_roles_with_the_external_id(states: dict[str, State]) -> None:
    trusts = {
        role.values["name"]: json.loads(role.values["assume_role_policy"])["Statement"]
        for role in states["named"].of("aws_iam_role")
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


def test_the_output_has_the_variables_of_the_emulator_and_the_bundle(
    states: dict[str, State], tmp_path: Path
) -> None:
    aws = tmp_path / "aws"  # stands for the AWS CLI
    aws.write_text("#!/bin/sh\necho the-value-of $*\n")
    aws.chmod(0o755)
    exports = states["named"].outputs["environment"]
    printed = subprocess.run(
        ["bash", "-euc", f"{exports}\nenv"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    variables = dict(line.split("=", 1) for line in printed.splitlines())
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text())["variables"]
    given = {k.removeprefix("BUNDLE_VAR_"): v for k, v in variables.items() if "BUNDLE_VAR" in k}
    assert given.keys() <= bundle.keys()
    assert (given["landing_url"], given["user_id"]) == ("s3://my-landing", "0a1B_2.c-3")
    assert json.loads(given["source_options"]) == {
        "region": "eu-west-2",
        "initialPosition": "earliest",
        "serviceCredential": "pins-dev_kinesis",
    }
    assert variables["PINTEREST_API"].startswith("https://")
    assert variables["PINTEREST_USER_ID"] == "0a1B_2.c-3"
    assert "get-api-key --region eu-west-2" in variables["PINTEREST_API_KEY"]
