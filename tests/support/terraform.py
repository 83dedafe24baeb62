"""Terraform in the folder `aws`, and its provider from the registry or a folder of this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests
from filelock import FileLock

from local.settings import BUILD, ROOT

__all__ = ["AWS", "Resource", "State", "Terraform"]

AWS = ROOT / "aws"
_REGISTRY = "registry.terraform.io"
_PROVIDER = f"{_REGISTRY}/hashicorp/aws"
_PLUGINS_VARIABLE = "PINTEREST_TERRAFORM_PLUGINS"
_PLUGIN_PLACES = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"), Path.home())
_SECONDS = 300


@dataclass(frozen=True)
class Resource:
    """One managed resource of a state."""

    address: str
    kind: str
    values: Mapping[str, Any]


class State:
    """The managed resources and the outputs of a state that Terraform printed as JSON."""

    def __init__(self, printed: Mapping[str, Any]) -> None:
        self.resources = list(_resources(printed["root_module"]))
        self.outputs = {name: output["value"] for name, output in printed["outputs"].items()}

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of one kind."""
        return [resource for resource in self.resources if resource.kind == kind]

    def one(self, kind: str) -> Mapping[str, Any]:
        """Return the values of the only resource of one kind."""
        [resource] = self.of(kind)
        return resource.values


class Terraform:
    """Runs Terraform in `aws`, with all files that it writes in another folder.

    Args:
        folder: The folder of its files.
        **environment: More environment variables.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        program = shutil.which("terraform")
        assert program, "Terraform 1.11 or later is required: developer.hashicorp.com/terraform"
        cache = BUILD / "terraform"
        cache.mkdir(parents=True, exist_ok=True)
        self._program = program
        others = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_VAR_"))}
        self._environment = {
            **others,
            # Nothing may reach an account of the developer.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_DATA_DIR": str(folder / "data"),
            "TF_PLUGIN_CACHE_DIR": str(cache),
            "CHECKPOINT_DISABLE": "1",
            **environment,
        }
        with FileLock(cache / ".lock"):
            self("init", "-backend=false", "-input=false", "-lockfile=readonly", *_plugins())

    def __call__(self, *arguments: str) -> str:
        """Run one command; return its output.

        Raises:
            AssertionError: Raised with the output when the command fails.
        """
        result = self.result(*arguments)
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def result(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command."""
        return subprocess.run(
            [self._program, *arguments],
            cwd=AWS,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the managed resources of a module of a state, with those of its modules."""
    for resource in module.get("resources", ()):
        if resource["mode"] == "managed":
            yield Resource(resource["address"], resource["type"], resource["values"])
    for child in module.get("child_modules", ()):
        yield from _resources(child)


@cache
def _plugins() -> tuple[str, ...]:
    """Return the options of `terraform init` that find the provider without the registry."""
    folder = os.environ.get(_PLUGINS_VARIABLE)
    if folder:
        return (f"-plugin-dir={folder}",)
    if _registry_answers():
        return ()
    for place in _PLUGIN_PLACES:
        for found in (*place.glob(_PROVIDER), *place.glob(f"*/{_PROVIDER}")):
            return (f"-plugin-dir={found.parents[2]}",)
    raise AssertionError(
        f"{_REGISTRY} does not answer, and no folder below {', '.join(map(str, _PLUGIN_PLACES))} "
        f"has the provider {_PROVIDER}. Set {_PLUGINS_VARIABLE} to a folder of providers."
    )


def _registry_answers() -> bool:
    try:
        answer = requests.get(f"https://{_REGISTRY}/.well-known/terraform.json", timeout=5)
    except requests.RequestException:
        return False
    return answer.ok and "providers.v1" in json.loads(answer.content)
