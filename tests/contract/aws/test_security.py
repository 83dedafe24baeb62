"""Least privilege, encryption and privacy in the states that Terraform would create."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.terraform import State

POLICIES = {
    "aws_iam_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_kms_key": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
}
"""Where each kind of resource has its policy."""


def policies(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each statement of each policy, with the address of the resource that has it."""
    for resource in state.resources:
        if name := POLICIES.get(resource.kind):
            for statement in json.loads(resource.values[name])["Statement"]:
                yield f"{resource.address}: {statement.get('Sid')}", statement


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# Least privilege


def test_no_policy_allows_a_wildcard_action(state: State) -> None:
    wild = {
        address: statement["Action"]
        for address, statement in policies(state)
        if statement["Effect"] == "Allow" and "*" in "".join(as_list(statement["Action"]))
    }
    assert wild == {}


def test_no_policy_allows_any_principal(state: State) -> None:
    principals = {
        address: statement["Principal"]
        for address, statement in policies(state)
        if statement["Effect"] == "Allow" and "Principal" in statement
    }
    assert not [address for address, who in principals.items() if "*" in json.dumps(who)]
    assert len(principals) >= 6  # the trust of each role


# Encrypted


def test_every_bucket_is_private_encrypted_and_versioned(state: State) -> None:
    buckets = {
        bucket.address.rpartition(".aws_s3_bucket.")[0] for bucket in state.of("aws_s3_bucket")
    }
    assert buckets == {"module.artifacts", "module.landing.module.bucket"}
    for bucket in buckets:
        parts = {r.kind: r.values for r in state.resources if r.address.startswith(f"{bucket}.")}
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


def test_every_stream_is_encrypted(state: State) -> None:
    streams = state.of("aws_kinesis_stream")
    assert {(s.values["encryption_type"], s.values["kms_key_id"]) for s in streams} == {
        ("KMS", "alias/aws/kinesis")
    }


def test_disks_and_alarms_are_encrypted(state: State) -> None:
    [disk] = state.one("aws_instance")["root_block_device"]
    assert disk["encrypted"]
    assert state.one("aws_sns_topic")["kms_master_key_id"]
    assert state.one("aws_kms_key")["enable_key_rotation"]


def test_the_brokers_accept_iam_and_tls_only(states: dict[str, State]) -> None:
    [sign_in] = states["defaults"].one("aws_msk_serverless_cluster")["client_authentication"]
    assert sign_in == {"sasl": [{"iam": [{"enabled": True}]}]}

    cluster = states["provisioned_msk"].one("aws_msk_cluster")
    [sign_in] = cluster["client_authentication"]
    assert sign_in["sasl"] == [{"iam": True, "scram": None}]
    assert (sign_in["tls"], sign_in["unauthenticated"]) == ([], False)
    [transit] = cluster["encryption_info"][0]["encryption_in_transit"]
    assert transit == {"client_broker": "TLS", "in_cluster": True}
    assert not states["provisioned_msk"].of("aws_msk_serverless_cluster")


def test_the_connector_signs_in_by_iam_through_tls(state: State) -> None:
    connector = state.one("aws_mskconnect_connector")
    assert connector["kafka_cluster_client_authentication"] == [{"authentication_type": "IAM"}]
    assert connector["kafka_cluster_encryption_in_transit"] == [{"encryption_type": "TLS"}]


# Private


def test_nothing_accepts_connections_from_the_internet(state: State) -> None:
    rules = state.of("aws_vpc_security_group_ingress_rule")
    assert rules
    assert {r.address for r in rules if r.values["cidr_ipv4"] == "0.0.0.0/0"} == set()
    assert not state.of("aws_security_group_rule")
    assert all(not group.values.get("ingress") for group in state.of("aws_default_security_group"))


def test_only_the_vpc_link_reaches_the_load_balancer_and_only_that_the_proxy(state: State) -> None:
    groups = {group.address: group.values["id"] for group in state.of("aws_security_group")}
    proxy = groups["module.kafka_client.aws_security_group.this"]
    balancer = groups["module.api.aws_security_group.load_balancer"]
    admitted = [rule.values for rule in state.of("aws_vpc_security_group_ingress_rule")]
    [rule] = [one for one in admitted if one["security_group_id"] in {proxy, balancer}]

    assert (rule["security_group_id"], rule["referenced_security_group_id"]) == (proxy, balancer)
    assert (rule["from_port"], rule["to_port"]) == (8082, 8082)
    assert state.one("aws_lb")["security_groups"] == [balancer]
    # The link's traffic is admitted without a rule.
    enforced = "enforce_security_group_inbound_rules_on_private_link_traffic"
    assert state.one("aws_lb")[enforced] == "off"


def test_nothing_has_a_public_address(state: State) -> None:
    assert state.one("aws_lb")["internal"]
    assert not state.one("aws_instance").get("associate_public_ip_address")
    assert not any(s.values["map_public_ip_on_launch"] for s in state.of("aws_subnet"))
    assert all(
        e.values["webserver_access_mode"] == "PRIVATE_ONLY"
        for e in state.of("aws_mwaa_environment")
    )


def test_the_client_asks_for_session_tokens_of_its_metadata(state: State) -> None:
    [options] = state.one("aws_instance")["metadata_options"]
    assert options["http_tokens"] == "required"


@pytest.mark.parametrize(
    ("variant", "expected"),
    [("defaults", 0), ("named", 0), ("provisioned_msk", 1), ("mwaa", 1)],
)
def test_there_is_a_nat_gateway_only_where_it_is_asked_for(
    states: dict[str, State], variant: str, expected: int
) -> None:
    assert len(states[variant].of("aws_nat_gateway")) == expected
    assert len(states[variant].of("aws_internet_gateway")) == expected


def test_private_subnets_have_endpoints_in_two_zones(state: State) -> None:
    private = [s for s in state.of("aws_subnet") if ".private" in s.address]
    assert len({subnet.values["availability_zone"] for subnet in private}) == 2
    services = {e.values["service_name"].rpartition(".")[2] for e in state.of("aws_vpc_endpoint")}
    assert services == {"s3", "kinesis-streams", "sts", "ssm", "ssmmessages"}
