"""How requests become arguments, and what is rejected."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from databricks.sdk.service.jobs import JobSettings
from starlette.applications import Starlette

from local.workspace.api import ApiGroup, endpoint, error_answer, parse
from local.workspace.errors import ApiError
from local.workspace.store import Document


class Echo(ApiGroup):
    """Answers with its arguments."""

    @endpoint("GET", "/api/echo/{name}")
    def get(self, name: str, number: int = 0, flag: bool = False) -> Document:
        return {"name": name, "number": number, "flag": flag}

    @endpoint("POST", "/api/echo")
    async def post(self, body: Document) -> Document:
        return body

    @endpoint("DELETE", "/api/echo/{name}")
    def delete(self, name: str) -> None:
        del name


def ask(method: str, path: str, **content: object) -> httpx.Response:
    """Return the answer of `Echo` to one request."""
    handlers = {ApiError: lambda _, error: error_answer(error)}
    app = Starlette(routes=Echo().routes(), exception_handlers=handlers)

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.request(method, path, **content)  # type: ignore[arg-type]  # any content

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("", None, {"name": "a", "number": 0, "flag": False}),
        ("?number=7&flag=true", None, {"name": "a", "number": 7, "flag": True}),
        ("", {"number": 7}, {"name": "a", "number": 7, "flag": False}),  # as Airflow does
        ("?number=&max_results=0", {"flag": None}, {"name": "a", "number": 0, "flag": False}),
    ],
)
def test_arguments_come_from_path_query_and_body(
    query: str, body: object, expected: object
) -> None:
    assert ask("GET", f"/api/echo/a{query}", json=body).json() == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?number=x", "unable to parse string as an integer in the field 'number'; got 'x'"),
        ("?nubmer=1", "does not know nubmer here; it accepts flag, name, number."),
    ],
)
def test_a_wrong_argument_is_named(query: str, message: str) -> None:
    answer = ask("GET", f"/api/echo/a{query}")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer.json()["message"]


def test_a_body_is_passed_as_it_is() -> None:
    assert ask("POST", "/api/echo", json={"a": {"b": [None, ""]}}).json() == {
        "a": {"b": [None, ""]}
    }
    assert ask("POST", "/api/echo", content=b"no JSON").status_code == 400


def test_no_result_is_an_empty_object() -> None:
    assert ask("DELETE", "/api/echo/a").json() == {}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"nmae": "x"}, "does not know nmae='x'. It accepts the fields of JobSettings"),
        ({"tasks": [{"task_key": "a", "run_if": "SOMETIMES"}]}, r"tasks\[0\].run_if='SOMETIMES'"),
        ({"tasks": 7}, "The request is not a JobSettings"),
    ],
)
def test_a_field_that_the_sdk_does_not_know_is_named(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        parse(JobSettings, given)
