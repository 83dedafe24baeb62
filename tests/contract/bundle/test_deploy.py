"""The life of a deployment: deploy, deploy again, change, run, destroy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from databricks.sdk.service.jobs import JobSettings, RunResultState

from local.demo.run import demo_notebooks
from local.settings import Settings
from tests.support.databricks_cli import Bundle

LOCAL = ("--target", "local")
UNCHANGED = "0 to add, 0 to change, 0 to delete"

# Destroying a deployment drops its schemas in Spark.
pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture
def bundle(checkout: Bundle) -> Bundle:
    """Give the bundle, deployed. A deployment without changes takes a second."""
    checkout("deploy", *LOCAL)
    return checkout


@pytest.fixture
def own(bundle: Bundle, settings: Settings) -> Settings:
    """Give the settings with the schemas of the bundle."""
    names = {
        "schema_name": bundle.environment["BUNDLE_VAR_schema"],
        "stream_schema_name": bundle.environment["BUNDLE_VAR_stream_schema"],
    }
    return settings.model_copy(update=names)


def parameters(job: JobSettings) -> dict[str, str]:
    return {parameter.name: parameter.default for parameter in job.parameters or []}


def notebooks(job: JobSettings) -> list[str]:
    """Return the names of the notebooks of a job in the order of its task graph."""
    tasks = {task.task_key: task for task in job.tasks or []}
    order: list[str] = []
    while len(order) < len(tasks):
        ready = [
            key
            for key, task in tasks.items()
            if key not in order and all(d.task_key in order for d in task.depends_on or [])
        ]
        assert len(ready) == 1, f"{ready} may run at once, which the demo does not do"
        order += ready
    return [
        task.notebook_task.notebook_path.rpartition("/")[2].removesuffix(".ipynb")
        for task in map(tasks.__getitem__, order)
        if task.notebook_task
    ]


def wheel(job: JobSettings) -> str:
    (environment,) = job.environments or []
    assert environment.spec
    (found,) = environment.spec.dependencies or []
    return found


def test_a_deployment_creates_every_resource(bundle: Bundle) -> None:
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


def test_a_summary_links_the_pages_of_the_workspace(bundle: Bundle) -> None:
    printed = bundle("summary", *LOCAL)

    assert f"{bundle.workspace.url}/jobs/{bundle.job_id('clean_landing')}?" in printed


def test_a_deployed_job_gets_the_wheel(bundle: Bundle) -> None:
    path = wheel(bundle.job("clean_landing"))

    assert re.fullmatch(r"/Workspace/.*/pinterest_pipeline-[\d.]+-py3-none-any\.whl", path)
    (task,) = bundle.job("clean_streams").tasks or []
    assert [library.whl for library in task.libraries or []] == [path]


def test_the_demo_runs_the_notebooks_of_the_deployed_jobs_in_their_order(
    bundle: Bundle, own: Settings
) -> None:
    batch, stream = bundle.job("clean_landing"), bundle.job("clean_streams")
    demo = demo_notebooks(own)

    for job, folder in ((batch, "batch"), (stream, "stream")):
        runs = [run for run in demo if run.folder == folder]
        assert [run.name for run in runs] == notebooks(job)
        for run in runs:
            assert run.parameters == parameters(job)


def test_a_second_deployment_changes_nothing(bundle: Bundle) -> None:
    before = bundle.resources()

    assert UNCHANGED in bundle("plan", *LOCAL)
    bundle("deploy", *LOCAL)

    assert bundle.resources() == before


def test_a_changed_deployment_updates_the_same_jobs(bundle: Bundle) -> None:
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


@pytest.fixture
def changed_notebook(bundle: Bundle) -> Iterator[str]:
    """Deploy another first line of a notebook; give the notebook's name."""
    notebook = bundle.root / "notebooks" / "answer_questions.ipynb"
    original = notebook.read_text()
    notebook.write_text(original.replace("# Answer the questions", "# Changed"))
    bundle("deploy", *LOCAL)
    yield notebook.stem
    notebook.write_text(original)


def test_a_changed_notebook_is_uploaded(bundle: Bundle, changed_notebook: str) -> None:
    paths = [
        task.notebook_task.notebook_path
        for task in bundle.job("clean_landing").tasks or []
        if task.notebook_task
    ]
    (path,) = [path for path in paths if path.endswith(f"/{changed_notebook}")]

    assert b"# Changed" in bundle.workspace.client().workspace.download(path).read()


def test_development_mode_has_names_and_a_wheel_of_its_own(bundle: Bundle) -> None:
    dev = ("--target", "dev")
    bundle("deploy", *dev)
    try:
        job = bundle.job("clean_landing", "dev")
        assert (job.name or "").startswith("[dev ")
        schema = parameters(job)["schema"]
        assert re.fullmatch(rf"dev_\w+_{bundle.environment['BUNDLE_VAR_schema']}", schema)
        assert parameters(job)["checkpoints_path"].endswith(f"/{schema}/checkpoints")
        continuous = bundle.job("clean_streams", "dev").continuous
        assert continuous
        assert continuous.pause_status
        assert continuous.pause_status.value == "PAUSED"
        # Each deployment has a version of its own.
        assert re.search(r"pinterest_pipeline-[\d.]+\+\d+-py3", wheel(job))
    finally:
        bundle("destroy", *dev, "--auto-approve")


def test_a_run_takes_parameters_and_a_choice_of_tasks(bundle: Bundle) -> None:
    chosen = "has_source,mount_landing,clean_landing"

    printed = bundle("run", "clean_landing", *LOCAL, "--only", chosen, "--params", "user_id=nobody")

    client = bundle.workspace.client()
    runs = client.jobs.list_runs(job_id=bundle.job_id("clean_landing"), expand_tasks=True)
    run = next(iter(runs))  # the newest
    assert {task.task_key for task in run.tasks or []} == set(chosen.split(","))
    passed = {parameter.name: parameter.value for parameter in run.job_parameters or []}
    assert passed["user_id"] == "nobody"
    assert run.run_page_url
    assert run.run_page_url in printed
    assert '{"pin": 0, "geo": 0, "user": 0, "rejected": 0}' in printed  # the exit value


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        ("clean_landing", "user_id=", "ParameterError: Expected in the parameter 'user_id'"),
        ("answer_questions", "catalog=my-company", "my-company"),
    ],
)
def test_a_wrong_parameter_is_named(bundle: Bundle, task: str, given: str, message: str) -> None:
    printed = bundle.fails("run", "clean_landing", *LOCAL, "--only", task, "--params", given)

    assert message in printed
    assert "SYNTAX" not in printed  # a hyphen is part of a name


def test_the_smoke_test_passes(bundle: Bundle) -> None:
    assert "pass: all" in bundle("run", "smoke_test", *LOCAL)

    client = bundle.workspace.client()
    for run in client.jobs.list_runs(job_id=bundle.job_id("smoke_test")):
        assert run.state
        assert run.state.result_state is RunResultState.SUCCESS


def test_destroy_leaves_nothing(bundle: Bundle) -> None:
    jobs = {int(job["id"]) for job in bundle.resources()["jobs"].values()}

    bundle("destroy", *LOCAL, "--auto-approve")

    assert not jobs & {job.job_id for job in bundle.workspace.client().jobs.list()}
    assert not any(
        one.get("id") for of_kind in bundle.resources().values() for one in of_kind.values()
    )
