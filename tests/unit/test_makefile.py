"""The Makefile: the programs that it requires, and the jars that it replaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Protocol
from zipfile import ZipFile

import pytest

from local.settings import ROOT


class Make(Protocol):
    """Runs make with arguments."""

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]: ...


def put_tool(tools: Path, name: str, script: str) -> None:
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Create programs that come before those of the system; they install nothing."""
    folder = tmp_path / "tools of Jo"
    folder.mkdir()
    put_tool(folder, "uv", "mkdir -p .venv")
    put_tool(folder, "mvn", "exit 0")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return the path of the checkout; a test may give it another name."""
    return tmp_path / getattr(request, "param", "checkout of Jo, 50% #1 $x; (é) 'q'")


@pytest.fixture
def make(checkout: Path, tools: Path) -> Make:
    """Make one target in a checkout without installed tools."""
    (checkout / "local").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    for name in ("kafka", "spark"):
        (checkout / "local" / name).mkdir()
        shutil.copy(ROOT / "local" / name / "pom.xml", checkout / "local" / name)
        (checkout / "local" / name / "jars.sha256").write_text(
            f"{sha256(b'').hexdigest()}  new.jar\n"
        )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=checkout,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "MAKEFLAGS": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("java", "found"),
    [
        ("""echo 'openjdk version "11.0.2" 2019-01-15' >&2""", 'openjdk version "11.0.2"'),
        ("""echo 'java version "1.8.0_202"' >&2""", 'java version "1.8.0_202"'),
        ("echo 'Unable to locate a Java Runtime.' >&2; exit 1", "java is not found"),
    ],
)
def test_a_java_that_is_too_old_is_reported(make: Make, tools: Path, java: str, found: str) -> None:
    put_tool(tools, "java", java)

    result = make("install")

    assert result.returncode != 0
    assert "JDK 17 or later and mvn (Maven) are required" in result.stderr
    assert found in result.stderr


@pytest.mark.parametrize("version", ["17.0.15", "21", "25.0.1", "26-ea"])
def test_java_17_and_later_are_accepted(make: Make, tools: Path, version: str) -> None:
    put_tool(tools, "java", f"""echo 'openjdk version "{version}" 2025-09-16' >&2""")

    assert "JDK 17" not in make("install").stderr


@pytest.mark.parametrize("target", ["lint", "test-fast"])
def test_the_fast_loop_does_not_ask_for_java(make: Make, tools: Path, target: str) -> None:
    put_tool(tools, "java", "exit 1")
    put_tool(tools, "uv", "echo 'this is uv' >&2; exit 1")

    assert "this is uv" in make(target).stderr


def test_settings_of_the_users_python_pip_and_java_do_not_apply(
    make: Make, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_python = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER")
    names = (*of_python, "LC_ALL", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")
    for name in names:
        monkeypatch.setenv(name, "1")
    put_tool(tools, "uv", "env >&2; exit 1")

    shown = make("lint").stderr.splitlines()
    assert {"PIP_USER=0", "LC_ALL=C.UTF-8"} <= set(shown)
    assert [line for line in shown if line.startswith(names) and line.endswith("=1")] == []


@pytest.mark.parametrize("checkout", ["checkout"], indirect=True)
def test_folders_of_the_users_pip_do_not_apply_but_its_packages_do(
    make: Make, tools: Path, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    wheel = tmp_path / "uv-1-py3-none-any.whl"
    with ZipFile(wheel, "w") as file:
        file.writestr("uv.py", "def main() -> None:\n    raise SystemExit('this is uv')\n")
        file.writestr("uv-1.dist-info/entry_points.txt", "[console_scripts]\nuv = uv:main\n")
        file.writestr("uv-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 1\n")
        file.writestr("uv-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        file.writestr("uv-1.dist-info/RECORD", "")
    digest = sha256(wheel.read_bytes()).hexdigest()
    (checkout / "requirements" / "uv.txt").write_text(f"uv==1 --hash=sha256:{digest}\n")
    configuration = tmp_path / "pip.conf"
    folders = "".join(f"{name} = {tmp_path}/{name}\n" for name in ("target", "prefix", "root"))
    configuration.write_text(
        f"[global]\nno-index = true\nfind-links = {tmp_path}\n[install]\n{folders}"
    )
    (tools / "uv").unlink()
    put_tool(tools, "python3", f'exec {sys.base_prefix}/bin/python3 "$@"')

    result = make("lint", f"PATH={tools}", f"PIP_CONFIG_FILE={configuration}")

    assert "this is uv" in result.stderr, result.stderr
    assert not {"target", "prefix", "root"} & {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("checkout", "reason"),
    [("a:b", "has a colon"), ("a\nb", "has a line break")],
    indirect=["checkout"],
)
def test_a_checkout_that_no_environment_can_be_in_is_refused(make: Make, reason: str) -> None:
    result = make("lint")

    assert result.returncode != 0
    assert f"The path of this checkout {reason}" in result.stderr


@pytest.mark.parametrize("name", ["kafka", "spark"])
def test_jars_of_an_older_version_are_removed(
    make: Make, tools: Path, checkout: Path, name: str
) -> None:
    jars = checkout / ".local" / "build" / "jars" / name
    jars.mkdir(parents=True)
    (jars / "old.jar").touch()
    put_tool(tools, "mvn", f"mkdir -p {quote(str(jars))} && touch {quote(str(jars))}/new.jar")

    result = make(f".local/build/jars/{name}/.done")
    assert result.returncode == 0, result.stderr
    assert {jar.name for jar in jars.glob("*.jar")} == {"new.jar"}


@pytest.mark.parametrize(
    ("downloaded", "shown"),
    [
        (
            "echo changed >new.jar",
            "< e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("touch new.jar more.jar", "more.jar"),
        (":", "< e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ],
)
def test_other_jars_than_those_of_the_checksums_are_refused(
    make: Make, tools: Path, checkout: Path, downloaded: str, shown: str
) -> None:
    jars = checkout / ".local" / "build" / "jars" / "kafka"
    put_tool(tools, "mvn", f"mkdir -p {quote(str(jars))} && cd {quote(str(jars))} && {downloaded}")

    result = make(".local/build/jars/kafka/.done")

    assert result.returncode != 0
    assert "are not those of local/kafka/jars.sha256" in result.stderr
    assert shown in result.stderr
    assert not (jars / ".done").exists()


@pytest.mark.parametrize(
    "source", ["mysql+pymysql://u:pa$word@h/d", "sqlite:///a$(b)$$c #'\"`é.db"]
)
@pytest.mark.parametrize("as_argument", [True, False])
def test_a_source_reaches_the_demo_as_it_was_written(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, as_argument: bool
) -> None:
    put_tool(tmp_path, "show", "printenv PINTEREST_SOURCE")
    monkeypatch.delenv("PINTEREST_SOURCE", raising=False)
    if not as_argument:
        monkeypatch.setenv("SOURCE", source)
    argument = [f"SOURCE={source}"] if as_argument else []
    options = ("--no-print-directory", "--old-file=install", f"PYTHON={tmp_path}/show")
    result = make("demo", *options, *argument)
    assert result.stdout.splitlines() == [source], result.stderr


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ((), "-m benchmarks.size"),
        (("POSTS_PER_SECOND=20000",), "-m benchmarks.size 20000"),
        (("POSTS_PER_SECOND=1", "POST_BYTES=900"), "-m benchmarks.size 1 --post-bytes 900"),
    ],
)
def test_size_gets_the_rate(
    make: Make, tmp_path: Path, arguments: tuple[str, ...], command: str
) -> None:
    put_tool(tmp_path, "show", 'echo "$@"')

    result = make("size", "--no-print-directory", f"PYTHON={tmp_path}/show", *arguments)

    assert result.stdout.splitlines()[-1] == command, result.stderr


@pytest.mark.parametrize("setting", ["DISKS=maybe", "CLOCKS=No"])
def test_a_setting_of_chaos_that_is_neither_yes_nor_no_is_refused(make: Make, setting: str) -> None:
    result = make("--dry-run", "chaos", setting)

    assert result.returncode != 0
    assert "Expected yes or no" in result.stderr
    assert setting in result.stderr


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ((), "-m tests.chaos"),
        (("MINUTES=2", "SEED=7", "DISKS=yes"), "-m tests.chaos --minutes 2 --seed 7"),
        (("DISKS=no", "CLOCKS=no"), "-m tests.chaos --no-disks --no-clocks"),
    ],
)
def test_chaos_gets_its_settings(
    make: Make, tmp_path: Path, arguments: tuple[str, ...], command: str
) -> None:
    put_tool(tmp_path, "show", 'echo "$@"')
    installed = ("install", "faketime", ".local/build/toxiproxy/toxiproxy")
    options = ["--no-print-directory", *(f"--old-file={name}" for name in installed)]

    result = make("chaos", *options, f"PYTHON={tmp_path}/show", *arguments)

    assert result.stdout.splitlines() == [command], result.stderr


def test_a_missing_terraform_is_named(make: Make, tools: Path) -> None:
    result = make("terraform", f"PATH={tools}")
    assert result.returncode != 0
    assert "Terraform 1.11 or later" in result.stderr


def test_missing_databases_are_named(make: Make, tools: Path) -> None:
    put_tool(tools, "id", "echo 1000")
    put_tool(tools, "ls", "exit 1")
    result = make("databases", f"PATH={tools}")
    assert result.returncode != 0
    assert (
        "sudo apt-get install mariadb-server-core mariadb-client-core postgresql" in result.stderr
    )
