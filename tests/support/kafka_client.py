"""The user data of the EC2 Kafka client, as Terraform renders it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from local.settings import ROOT

MODULE = ROOT / "aws" / "modules" / "kafka_client"

VALUES = {
    "bootstrap_servers": "b-1.example:9098,b-2.example:9098",
    "partitions": 3,
    "proxy_port": 8082,
    "proxy_source": "s3://artifacts/kafka-rest/kafka-rest.zip",
    "region": "eu-west-1",
    "serverless": True,
    "shared_secret_parameter": "/pinterest/proxy-secret",
    "user_id": "demo",
}


def rendered_user_data(folder: Path, **values: object) -> str:
    """Return the user data for `VALUES`, some of them replaced; Terraform runs in `folder`."""
    program = shutil.which("terraform")
    assert program, "Terraform 1.11 or later is required: developer.hashicorp.com/terraform"
    files = {
        "client_properties": f'file("{MODULE}/client.properties")',
        "proxy_service": f'file("{MODULE}/kafka-rest-proxy.service")',
    }
    given = {name: json.dumps(value) for name, value in (VALUES | values).items()} | files
    variables = ", ".join(f"{name} = {value}" for name, value in given.items())
    result = subprocess.run(
        [program, "console"],
        cwd=folder,
        input=f'jsonencode(templatefile("{MODULE}/user_data.sh.tftpl", {{ {variables} }}))\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    text: str = json.loads(json.loads(result.stdout))
    return text
