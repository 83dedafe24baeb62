"""The life of a deployment: deploy, deploy again, change, run, destroy."""

from __future__ import annotations

import json
import re

import requests

from local.settings import Settings
from tests.contract.bundle.conftest import Bundle

LOCAL = ("--target", "local")


def parameters(job: dict[str, object]) -> dict[str, str]:
    listed = job["parameters"]
    assert isinstance(listed, list)
    return {parameter["name"]: parameter["default"] for parameter in listed}


def test_a_deployment_creates_every_resource(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)

    resources = bundle.resources()
    deployed = {kind: sorted(of_kind) for kind, of_kind in resources.items()}
    assert deployed == {
        "dashboards": ["pinterest"],
        "jobs": ["clean_landing", "clean_streams", "smoke_test"],
        "schemas": ["batch", "stream"],
        "secret_scopes": ["secrets"],
        "volumes": ["checkpoints", "landing"],
    }
    assert all(one["id"] for of_kind in resources.values() for one in of_kind.values())


def test_a_deployed_job_gets_names_of_resources_and_the_wheel(
    bundle: Bundle, settings: Settings
) -> None:
    bundle("deploy", *LOCAL)

    job = bundle.job("clean_landing")
    schema = bundle.environment["BUNDLE_VAR_schema"]
    assert parameters(job) == {
        "catalog": settings.catalog,
        "schema": schema,
        "source": f"s3a://{settings.bucket}",
        "landing_path": f"/mnt/{settings.bucket}",
        "checkpoints_path": f"/Volumes/{settings.catalog}/{schema}/checkpoints",
        "user_id": settings.user_id,
        "reader_format": "text",
        "reader_options": '{"maxFilesPerTrigger":"1000"}',
    }
    (environment,) = job["environments"]
    (wheel,) = environment["spec"]["dependencies"]
    assert re.fullmatch(r"/Workspace/.*/pinterest_pipeline-[\d.]+-py3-none-any\.whl", wheel)
    assert bundle.job("clean_streams")["tasks"][0]["libraries"] == [{"whl": wheel}]


def test_a_second_deployment_changes_nothing(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)
    before = bundle.resources()

    assert "0 to add, 0 to change, 0 to delete" in bundle("plan", *LOCAL)
    bundle("deploy", *LOCAL)

    assert bundle.resources() == before


def test_a_changed_deployment_updates_the_same_job(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)
    before = bundle.resources()["jobs"]
    change = {"BUNDLE_VAR_user_id": "another"}

    plan = bundle("plan", *LOCAL, **change)
    bundle("deploy", *LOCAL, **change)

    assert "0 to add, 2 to change, 0 to delete" in plan  # the two jobs with this parameter
    after = bundle.resources(**change)["jobs"]
    assert {key: job["id"] for key, job in after.items()} == {
        key: job["id"] for key, job in before.items()
    }
    assert parameters(bundle.job("clean_landing", **change))["user_id"] == "another"


def test_a_changed_notebook_is_uploaded(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)
    notebook = bundle.root / "notebooks" / "answer_questions.ipynb"
    notebook.write_text(notebook.read_text().replace("# Answer the questions", "# Changed"))

    bundle("deploy", *LOCAL)

    tasks = {task["task_key"]: task for task in bundle.job("clean_landing")["tasks"]}
    path = tasks["answer_questions"]["notebook_task"]["notebook_path"]
    exported = requests.get(
        f"{bundle.environment['DATABRICKS_HOST']}/api/2.0/workspace/export",
        params={"path": path, "format": "JUPYTER", "direct_download": "true"},
        headers={"Authorization": f"Bearer {bundle.environment['DATABRICKS_TOKEN']}"},
        timeout=30,
    )
    assert "# Changed" in exported.text


def test_development_mode_has_names_and_a_wheel_of_its_own(bundle: Bundle) -> None:
    dev = ("--target", "dev")
    bundle("deploy", *dev)
    try:
        job = bundle.job("clean_landing", "dev")
        assert job["name"].startswith("[dev ")
        schema = parameters(job)["schema"]
        assert re.fullmatch(rf"dev_\w+_{bundle.environment['BUNDLE_VAR_schema']}", schema)
        assert parameters(job)["checkpoints_path"].endswith(f"/{schema}/checkpoints")
        assert bundle.job("clean_streams", "dev")["continuous"]["pause_status"] == "PAUSED"
        (wheel,) = job["environments"][0]["spec"]["dependencies"]
        assert re.search(r"pinterest_pipeline-[\d.]+\+\d+-py3", wheel)  # a version per deployment
    finally:
        bundle("destroy", *dev, "--auto-approve")


def test_a_deployment_in_progress_is_not_disturbed(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)
    summary = json.loads(bundle("summary", *LOCAL, "--output", "json"))
    lock = f"{summary['workspace']['state_path']}/deploy.lock"
    url = f"{bundle.environment['DATABRICKS_HOST']}/api/2.0/workspace-files/import-file{lock}"
    holder = {
        "ID": "11111111-2222-3333-4444-555555555555",
        "AcquisitionTime": "2026-01-01T00:00:00Z",
        "IsForced": False,
        "User": "colleague@example.com",
    }
    token = {"Authorization": f"Bearer {bundle.environment['DATABRICKS_TOKEN']}"}
    requests.post(url, json=holder, headers=token, timeout=30).raise_for_status()

    refused = bundle.fails("deploy", *LOCAL)

    assert "colleague@example.com" in refused
    bundle("deploy", *LOCAL, "--force-lock")


def test_a_run_takes_parameters_and_a_choice_of_tasks(bundle: Bundle, settings: Settings) -> None:
    bundle("deploy", *LOCAL)
    own = f"{settings.checkpoints_path}/{bundle.environment['BUNDLE_VAR_schema']}"

    chosen = ("--only", "has_source,mount_landing,clean_landing")
    given = ("--params", f"user_id=nobody,checkpoints_path={own}")
    bundle("run", "clean_landing", *LOCAL, *chosen, *given)

    job_id = str(bundle.resources()["jobs"]["clean_landing"]["id"])
    (run,) = bundle.get("2.2/jobs/runs/list", job_id=job_id, expand_tasks="true")["runs"]
    assert {task["task_key"] for task in run["tasks"]} == set(chosen[1].split(","))
    passed = {parameter["name"]: parameter.get("value") for parameter in run["job_parameters"]}
    assert (passed["user_id"], passed["checkpoints_path"]) == ("nobody", own)


def test_the_smoke_test_passes(bundle: Bundle, settings: Settings) -> None:
    bundle("deploy", *LOCAL)

    bundle("run", "smoke_test", *LOCAL, "--params", f"checkpoints_path={settings.checkpoints_path}")


def test_destroy_leaves_nothing(bundle: Bundle) -> None:
    bundle("deploy", *LOCAL)
    jobs = {str(job["id"]) for job in bundle.resources()["jobs"].values()}

    bundle("destroy", *LOCAL, "--auto-approve")

    listed = bundle.get("2.2/jobs/list").get("jobs", [])
    assert not jobs & {str(job["job_id"]) for job in listed}
    assert not any(
        one.get("id") for of_kind in bundle.resources().values() for one in of_kind.values()
    )
