"""The commands of docs/aws.md that connect Databricks, with the real Databricks CLI."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.bundle import databricks_cli
from local.settings import ROOT
from tests.support.http_server import serving_app

_VARIABLES = {
    "LANDING_CREDENTIAL": "pinterest_landing",
    "LANDING_ROLE_ARN": "arn:aws:iam::123456789012:role/landing",
    "KINESIS_CREDENTIAL": "pinterest_kinesis",
    "KINESIS_ROLE_ARN": "arn:aws:iam::123456789012:role/kinesis",
    "BUNDLE_VAR_landing_url": "s3://landing",
}


@dataclass
class Workspace:
    """Answers each request with an empty object, and keeps the requests."""

    url: str = ""
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.startswith("/api/2.1/unity-catalog/"):
            name = request.path.removeprefix("/api/2.1/unity-catalog/")
            self.requests.append((request.method, name, json.loads(await request.text() or "{}")))
        return web.json_response({})


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    app, workspace = web.Application(), Workspace()
    app.router.add_route("*", "/{path:.*}", workspace.answer)
    with serving_app(app) as workspace.url:
        yield workspace


def commands() -> list[str]:
    """Return the commands of the page that create something in Unity Catalog."""
    page = (ROOT / "docs" / "aws.md").read_text()
    [block] = re.findall(r"^```sh\n(export DATABRICKS.*?)^```", page, re.MULTILINE | re.DOTALL)
    numbered = re.split(r" +# \d+\n", block)
    return [one for one in numbered if re.match(r"databricks \S+ create", one)]


def test_the_credentials_and_the_location_are_those_of_terraforms_outputs(
    workspace: Workspace, tmp_path: Path
) -> None:
    environment = {
        **_VARIABLES,
        "PATH": f"{databricks_cli().parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),  # no profile of the user
        "DATABRICKS_HOST": workspace.url,
        "DATABRICKS_TOKEN": "token",
    }
    for command in commands():
        subprocess.run(["bash", "-c", command], env=environment, check=True, timeout=60)

    landing, kinesis = (
        {"aws_iam_role": {"role_arn": _VARIABLES[f"{name}_ROLE_ARN"]}, "skip_validation": True}
        for name in ("LANDING", "KINESIS")
    )
    location = {"url": "s3://landing", "credential_name": "pinterest_landing"}
    assert workspace.requests == [
        ("POST", "storage-credentials", landing | {"name": "pinterest_landing"}),
        ("POST", "credentials", kinesis | {"name": "pinterest_kinesis", "purpose": "SERVICE"}),
        (
            "POST",
            "external-locations",
            location | {"name": "pinterest_landing", "skip_validation": True},
        ),
    ]
