"""The pages of the workspace in a real browser."""

from __future__ import annotations

from pathlib import Path

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import Task, TaskDependency
from playwright.sync_api import Browser, Page, expect

from tests.support.workspace import LocalWorkspace, notebook_task

CHART = "displayHTML('<svg id=chart width=90 height=30></svg><script>document.title=1</script>')"


def started(client: WorkspaceClient, *tasks: Task) -> tuple[int, int]:
    """Create a job and start a run; return the ids of both."""
    job_id = client.jobs.create(name="pages", tasks=list(tasks)).job_id or 0
    return job_id, client.jobs.run_now(job_id).run_id


def test_people_without_the_token_are_asked_to_sign_in(
    browser: Browser, workspace: LocalWorkspace
) -> None:
    page = browser.new_page(base_url=workspace.url)
    page.goto("/jobs")
    expect(page.get_by_role("heading")).to_have_text("Sign in")
    page.goto("/login?token=wrong")
    expect(page.get_by_role("heading")).to_have_text("Sign in")
    page.goto(f"/login?token={workspace.token}")
    expect(page.get_by_role("heading")).to_have_text("Jobs")
    assert workspace.token not in page.url
    page.close()


def test_the_page_of_a_run_follows_it_and_leads_to_the_notebook(
    page: Page, client: WorkspaceClient, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    waiting = (
        f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.1)"
    )
    first = notebook_task(client, "first", waiting)
    second = notebook_task(client, "second", CHART, "dbutils.notebook.exit('done')")
    second.depends_on = [TaskDependency("first")]
    _, run_id = started(client, first, second)

    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("link", name=str(run_id), exact=True).click()
    graph = page.get_by_role("img", name="Task graph")
    expect(graph.get_by_role("link", name="first")).to_contain_text("Running")
    expect(graph.get_by_role("link", name="second")).to_contain_text("Blocked")
    page.evaluate("document.documentElement.id = 'not reloaded'")
    gate.touch()
    expect(graph.get_by_role("link", name="second")).to_contain_text("Success")
    assert page.evaluate("document.documentElement.id") == "not reloaded"

    graph.get_by_role("link", name="second").click()
    expect(page.locator("pre")).to_have_text("done")
    executed = page.frame_locator("iframe")
    expect(executed.locator("#chart")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    assert executed.locator("html").evaluate("document.title") != "1"


def test_the_pages_of_a_failed_run_have_its_message_and_traceback(
    page: Page, client: WorkspaceClient
) -> None:
    job_id, _ = started(client, notebook_task(client, "failing", "raise ValueError('no <b>rows')"))

    page.goto(f"/jobs/{job_id}")
    page.get_by_role("row", name="pages").get_by_role("link").first.click()
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect(page.locator("pre.error")).to_contain_text("failing")
    page.get_by_role("row", name="failing").get_by_role("link").click()
    expect(page.locator("pre.error")).to_contain_text("ValueError: no <b>rows")
    expect(page.frame_locator("iframe").get_by_text("ValueError").first).to_be_visible()


def test_an_unknown_page_says_so(page: Page) -> None:
    page.goto("/jobs/1/runs/99")
    expect(page.locator("pre.error")).to_contain_text("Run 99")
