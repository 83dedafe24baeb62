"""The policy files of `aws/policies`, filled and evaluated as IAM evaluates them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate,
    evaluate_trust_policy,
    parse_policy_document,
)

from local.files import fill_placeholders
from local.settings import ROOT

__all__ = ["ACCOUNT", "FILES", "allows", "filled", "statements", "trusts"]

POLICIES = ROOT / "aws" / "policies"
FILES = sorted(POLICIES.glob("*.json"))
ACCOUNT = "111122223333"
_REGION = "us-east-1"
_VALUES = {
    "account_id": ACCOUNT,
    "region": _REGION,
    "user_id": "demo",
    "bucket": "landing",
    "bucket_arn": "arn:aws:s3:::landing",
    "cluster_name": "kafka",
    "connector_name": "landing-demo",
    "environment": "pinterest",
    "external_id": "3f0c",
    "principal": "arn:aws:iam::414351767826:role/unity",
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/databricks",
    "alarm_topic_arn": f"arn:aws:sns:{_REGION}:{ACCOUNT}:alarms",
    "archive_arn": "arn:aws:s3:::artifacts/kafka-rest/archive.zip",
    "cluster_arn": f"arn:aws:kafka:{_REGION}:{ACCOUNT}:cluster/kafka/1-2-3",
    "secret_arn": f"arn:aws:ssm:{_REGION}:{ACCOUNT}:parameter/secret",
    "stage_arn": f"arn:aws:execute-api:{_REGION}:{ACCOUNT}:abc123/prod",
    "topic_arn": f"arn:aws:kafka:{_REGION}:{ACCOUNT}:topic/kafka/1-2-3/demo",
}
_SERVICES = "${jsonencode(services)}"


def filled(path: Path) -> str:
    """Return the policy at `path` with example values."""
    text = path.read_text().replace(_SERVICES, '["kafkaconnect.amazonaws.com"]')
    return fill_placeholders(text, {k: v for k, v in _VALUES.items() if f"${{{k}}}" in text})


def statements(path: Path) -> list[dict[str, Any]]:
    """Return the statements of the policy at `path`."""
    found: list[dict[str, Any]] = json.loads(filled(path))["Statement"]
    return found


def allows(
    policy: str, action: str, resource: str = "*", context: Mapping[str, str] | None = None
) -> bool:
    """Return whether the policy called `policy` allows a call. ministack evaluates it."""
    call = _call(f"arn:aws:iam::{ACCOUNT}:role/tested", action, resource, context)
    parsed = parse_policy_document(filled(POLICIES / f"{policy}.json"))
    return bool(evaluate(call, [parsed]).decision == "Allow")


def trusts(policy: str, caller: str, context: Mapping[str, str]) -> bool:
    """Return whether the trust policy called `policy` lets `caller` assume its role."""
    call = _call(caller, "sts:AssumeRole", _VALUES["role_arn"], context)
    return bool(evaluate_trust_policy(filled(POLICIES / f"{policy}.json"), caller, call))


def _call(
    principal: str, action: str, resource: str, context: Mapping[str, str] | None
) -> EvalContext:
    return EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=principal.split(":")[4],
        action=action,
        resource_arn=resource,
        region=_REGION,
        service_context={name.lower(): value for name, value in (context or {}).items()},
    )
