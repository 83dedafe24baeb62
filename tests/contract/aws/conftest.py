"""Terraform, the states of its tests, and a local AWS that it creates the core in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_aws import LocalAws, local_aws
from tests.support.terraform import State, Terraform


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, State]:
    """Run `terraform test`; return the state of each `run` that applied, by its name."""
    terraform = Terraform(tmp_path_factory.mktemp("states"))
    result = terraform.result("test", "-json", "-verbose")
    messages = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0, "\n".join(message["@message"] for message in messages)
    return {
        message["@testrun"]: State(message["test_state"])
        for message in messages
        if message["type"] == "test_state"
    }


@pytest.fixture(params=["defaults", "named", "provisioned_msk", "mwaa"])
def state(request: pytest.FixtureRequest, states: dict[str, State]) -> State:
    """Give the state of each variant."""
    return states[request.param]


@pytest.fixture(scope="session")
def enforcing_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def terraform_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("terraform")
