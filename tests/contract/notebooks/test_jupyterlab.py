"""JupyterLab on the notebooks, as `make notebook` starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from websocket import create_connection

from local.settings import HOST, ROOT
from local.supervisor.ports import free_port

TOKEN = {"Authorization": "token of-jupyter"}


@pytest.fixture
def server(tmp_path: Path, poll: Callable[..., object]) -> Iterator[str]:
    """Start JupyterLab with a state folder of its own; give its address."""
    port = free_port()
    secrets = {"jupyter_token": "of-jupyter"}
    (tmp_path / "secrets.json").write_text(json.dumps(secrets))
    environment = os.environ | {
        "PINTEREST_STATE": str(tmp_path),
        "PINTEREST_JUPYTER_PORT": str(port),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    command = [sys.executable, "-m", "local.notebook", "jupyter"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"{HOST}:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"http://{address}/api", timeout=5).ok
        except requests.ConnectionError:
            return False

    poll(answers, seconds=60)
    yield address
    process.terminate()
    process.wait(30)


def test_the_widgets_have_the_values_of_the_jobs(server: str) -> None:
    body = {"path": "clean_streams.ipynb", "name": "clean_streams.ipynb", "type": "notebook"}
    sessions = f"http://{server}/api/sessions"
    started = requests.post(
        sessions, json=body | {"kernel": {"name": "python3"}}, headers=TOKEN, timeout=60
    ).json()
    kernel = started["kernel"]["id"]

    code = "dbutils.widgets.text('schema', ''); print(dbutils.widgets.get('schema'))"
    assert printed(f"ws://{server}/api/kernels/{kernel}/channels", code) == "pinterest_stream\n"
    requests.delete(f"{sessions}/{started['id']}", headers=TOKEN, timeout=60).raise_for_status()


def printed(address: str, code: str) -> str:
    """Run `code` in a kernel, and return the first text that it prints."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "", "version": "5"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
    connection = create_connection(address, header=TOKEN, timeout=60)
    connection.send(json.dumps(message | {"content": {"code": code}}))
    while True:
        answer = json.loads(connection.recv())
        if answer["msg_type"] in {"stream", "error"}:
            connection.close()
            return str(answer["content"].get("text", answer["content"]))
