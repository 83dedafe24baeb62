"""What a person reads when a deployment or a run cannot succeed, and that no process remains."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import requests
from databricks.sdk.errors import BadRequest
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.jobs import BaseRun, RunLifeCycleState

from local.bundle import databricks_cli
from local.secrets import Secrets
from local.settings import Settings
from local.temporary import free_ports
from tests.conftest import Poll
from tests.support.databricks_cli import Bundle, bundle_in
from tests.support.notebooks import write_notebook
from tests.support.services import Running
from tests.support.workspace import ENDLESS, LocalWorkspace, wheel_content

NOTEBOOKS = {
    "raises": "raise RuntimeError('no rows landed')",
    "asks": "dbutils.widgets.get('catalog')",
    "slow": ENDLESS,
    "endless": ENDLESS,
    "imports": "import broken_wheel",
}
TASKS = {
    "slow": "timeout_seconds: 3",
    "imports": "libraries: [{whl: ./broken_wheel-1-py3-none-any.whl}]",
}
BUNDLE = """
bundle: {name: bad_input, engine: direct}
variables: {catalog: {}}
targets:
  jobs:
    resources:
      jobs:
"""
JOB = """
        {key}:
          name: {key}
          tasks:
            - task_key: {key}
              notebook_task: {{notebook_path: ./{key}.ipynb}}
              {more}
"""
SCHEMA = """
  schema:
    resources:
      schemas:
        denied: {name: denied, catalog_name: "${var.catalog}"}
"""
JOBS = ("--target", "jobs")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, LocalWorkspace]]:
    """Start a workspace that no other test uses, so that its kernels can be counted."""
    state = tmp_path_factory.mktemp("state")
    settings = Settings(state=state, workspace_port=free_ports()["workspace_port"])
    running = Running(settings)
    token = Secrets.of(state).workspace_token
    yield running("workspace"), LocalWorkspace(settings.workspace_url, token)
    running.stop()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, own: tuple[Running, LocalWorkspace]) -> Bundle:
    """Deploy a bundle with one job for each notebook."""
    root = tmp_path_factory.mktemp("bundle")
    text = BUNDLE
    for key, source in NOTEBOOKS.items():
        write_notebook(root / f"{key}.ipynb", source)
        text += JOB.format(key=key, more=TASKS.get(key, ""))
    (root / "databricks.yml").write_text(text + SCHEMA)
    wheel = wheel_content("broken_wheel", "import no_such_module")
    (root / "broken_wheel-1-py3-none-any.whl").write_bytes(wheel)
    settings = Settings(state=tmp_path_factory.mktemp("cli"))
    bundle = bundle_in(root, settings, own[1])
    bundle("deploy", *JOBS)
    return bundle


@pytest.fixture(autouse=True)
def no_kernel_remains(own: tuple[Running, LocalWorkspace], poll: Poll) -> Iterator[None]:
    yield
    service = psutil.Process(own[0].pid("workspace"))
    poll(lambda: not service.children(recursive=True), what="the end of all kernels")


def last_run(bundle: Bundle, job: str) -> BaseRun:
    runs = bundle.workspace.client().jobs.list_runs(job_id=bundle.job_id(job, "jobs"))
    return next(iter(runs))


@pytest.fixture
def waiting(
    bundle: Bundle, own: tuple[Running, LocalWorkspace], poll: Poll
) -> Iterator[tuple[subprocess.Popen[str], BaseRun]]:
    """Start `bundle run endless`; give the command and the run, whose kernel runs."""
    process = bundle.start("run", "endless", *JOBS)
    client, service = bundle.workspace.client(), psutil.Process(own[0].pid("workspace"))
    poll(lambda: service.children(recursive=True), what="the kernel")
    (run,) = client.jobs.list_runs(active_only=True)
    yield process, run
    process.kill()
    client.jobs.cancel_run(run.run_id or 0)


def page(bundle: Bundle, run: BaseRun) -> str:
    """Return the page of a run, as a person sees it who has followed the link with the token."""
    with requests.Session() as session:
        session.get(f"{bundle.workspace.url}/login?token={bundle.workspace.token}", timeout=10)
        return session.get(run.run_page_url or "", timeout=10).text


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("raises", "RuntimeError: no rows landed"),
        ("asks", "No input widget named catalog is defined"),
        ("slow", "The task took longer than 3 seconds"),
        ("imports", "The wheel broken_wheel-1-py3-none-any.whl does not import"),
    ],
)
def test_a_failed_run_says_why_in_the_terminal_and_on_its_page(
    bundle: Bundle, job: str, reason: str
) -> None:
    printed = bundle.fails("run", job, *JOBS)

    assert reason in printed
    run = last_run(bundle, job)
    assert run.run_page_url
    assert run.run_page_url in printed
    assert reason in page(bundle, run)


def test_a_canceled_run_ends_the_command_that_waits_for_it(
    bundle: Bundle, waiting: tuple[subprocess.Popen[str], BaseRun]
) -> None:
    command, run = waiting

    bundle.workspace.client().jobs.cancel_run(run.run_id or 0)

    printed, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert "run canceled: The run was canceled" in printed


def test_a_workspace_killed_during_a_run_ends_the_run_when_it_is_back(
    bundle: Bundle,
    own: tuple[Running, LocalWorkspace],
    waiting: tuple[subprocess.Popen[str], BaseRun],
    poll: Poll,
) -> None:
    command, run = waiting
    kernels = psutil.Process(own[0].pid("workspace")).children(recursive=True)

    own[0].kill("workspace")
    poll(lambda: not any(kernel.is_running() for kernel in kernels), what="the end of the kernel")
    own[0]("workspace")

    printed, _ = command.communicate(timeout=120)
    assert command.returncode != 0
    assert "Start the run again" in printed
    assert "Start the run again" in page(bundle, run)


def test_a_deployment_during_a_run_leaves_the_run_alone(
    bundle: Bundle, waiting: tuple[subprocess.Popen[str], BaseRun]
) -> None:
    command, run = waiting

    refused = bundle.fails("deploy", *JOBS, "--fail-on-active-runs")
    bundle("deploy", *JOBS)

    assert f"job {run.job_id} is running" in refused
    state = bundle.workspace.client().jobs.get_run(run.run_id or 0).state
    assert state
    assert state.life_cycle_state is RunLifeCycleState.RUNNING
    assert command.poll() is None


def test_two_deployments_at_once_end_as_one(bundle: Bundle) -> None:
    """The second one waits for nobody: it succeeds after the first, or names the lock."""
    processes = [bundle.start("deploy", *JOBS) for _ in range(2)]

    printed = [process.communicate(timeout=120)[0] for process in processes]

    codes = [process.returncode for process in processes]
    assert 0 in codes, printed
    for code, text in zip(codes, printed, strict=True):
        assert code == 0 or "lock" in text
    assert "0 to add, 0 to change, 0 to delete" in bundle("plan", *JOBS)
    jobs = [job.settings.name for job in bundle.workspace.client().jobs.list() if job.settings]
    assert sorted(map(str, jobs)) == sorted(NOTEBOOKS)


def test_a_job_that_does_not_exist_is_named(bundle: Bundle) -> None:
    assert 'resource with key "absent" not found' in bundle.fails("run", "absent", *JOBS)

    unknown = subprocess.run(
        [databricks_cli(), "jobs", "run-now", "404404"],
        cwd=bundle.root.parent,
        env=dict(bundle.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert unknown.returncode != 0
    assert "Job 404404 does not exist" in unknown.stderr


@pytest.fixture
def no_grant(bundle: Bundle) -> Iterator[None]:
    """Take all privileges on the catalog from everyone for one test."""
    grants, everything = bundle.workspace.client().grants, [Privilege.ALL_PRIVILEGES]
    everyone = "account users"
    revoked = PermissionsChange(principal=everyone, remove=everything)
    granted = PermissionsChange(principal=everyone, add=everything)
    grants.update("CATALOG", "spark_catalog", changes=[revoked])
    yield
    grants.update("CATALOG", "spark_catalog", changes=[granted])


@pytest.mark.usefixtures("no_grant")
def test_a_schema_that_may_not_be_created_is_denied(bundle: Bundle) -> None:
    denied = bundle.fails("deploy", "--target", "schema", BUNDLE_VAR_catalog="spark_catalog")

    assert "User does not have CREATE SCHEMA on Catalog 'spark_catalog'" in denied


def test_a_catalog_that_does_not_exist_is_named(bundle: Bundle) -> None:
    missing = bundle.fails("deploy", "--target", "schema", BUNDLE_VAR_catalog="my-company")

    assert "Catalog 'my-company' does not exist. The local workspace has one" in missing


def test_a_notebook_that_does_not_exist_is_named(bundle: Bundle, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle.root, copy)
    (copy / "raises.ipynb").unlink()

    error = replace(bundle, root=copy).fails("validate", *JOBS)

    assert "raises.ipynb not found" in error


def test_a_deployment_in_progress_is_not_disturbed(bundle: Bundle) -> None:
    state_path = bundle.json("summary", *JOBS)["workspace"]["state_path"]
    holder = {
        "ID": "11111111-2222-3333-4444-555555555555",
        "AcquisitionTime": "2026-01-01T00:00:00Z",
        "IsForced": False,
        "User": "colleague@example.com",
    }
    client = bundle.workspace.client()
    path = f"/api/2.0/workspace-files/import-file{state_path}/deploy.lock"
    client.api_client.do("POST", path, body=holder)

    refused = bundle.fails("deploy", *JOBS)

    assert "colleague@example.com" in refused
    assert "--force-lock" in refused
    bundle("deploy", *JOBS, "--force-lock")


def test_without_spark_a_schema_is_not_deleted(bundle: Bundle) -> None:
    client = bundle.workspace.client()
    client.schemas.create("kept", "spark_catalog")

    with pytest.raises(BadRequest, match=r"No Spark server answers .* `make up`"):
        client.schemas.delete("spark_catalog.kept")
