"""Runs JupyterLab on the notebooks, in the foreground, with this environment's kernel."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from local.environment import Environment
from local.files import write_atomically
from local.notebook.job_parameters import job_parameters
from local.notebook.runner import KERNEL_COMMAND, KERNEL_NAME, kernel_variables, workspace_state
from local.settings import HOST, ROOT, Settings
from local.supervisor.ports import require_free

__all__ = ["jupyter_url", "jupyter_variables", "start_jupyter", "without_outputs"]

NOTEBOOKS = ROOT / "notebooks"

_NO_UPDATE_CHECK = "jupyterlab.handlers.announcements.NeverCheckForUpdate"


def start_jupyter(environment: Environment) -> NoReturn:
    """Replace this process by JupyterLab; Ctrl-C stops it."""
    settings = environment.settings
    require_free(settings.jupyter_port, "PINTEREST_JUPYTER_PORT")
    variables = jupyter_variables(environment)
    program = [sys.executable, "-m", "jupyterlab", f"--config={_write_config(settings)}"]
    os.execve(sys.executable, program, variables)  # noqa: S606  # no shell is wanted


def jupyter_url(environment: Environment) -> str:
    """Return the address to open in a browser; its token signs the user in."""
    port, token = environment.settings.jupyter_port, environment.secrets.jupyter_token
    return f"http://{HOST}:{port}/lab?token={token}"


def jupyter_variables(environment: Environment) -> dict[str, str]:
    """Return the environment variables of JupyterLab's process, which its kernels inherit.

    They name the token and all folders of Jupyter, so that the user's own Jupyter files are
    neither read nor written.
    """
    home = workspace_state(environment.settings) / "jupyter"
    kernel = {
        "argv": KERNEL_COMMAND,
        "display_name": KERNEL_NAME,
        "language": "python",
        "env": {"JUPYTER_TOKEN": ""},  # kernels do not need it
    }
    _write_json(home / "kernels" / "python3" / "kernel.json", kernel)  # the notebooks ask for it
    without_news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    _write_json(home / "config" / "labconfig" / "page_config.json", without_news)
    return {
        **kernel_variables(environment, by_notebook=job_parameters(environment.settings)),
        "JUPYTER_TOKEN": environment.secrets.jupyter_token,
        "JUPYTER_PATH": str(home),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }


def without_outputs(model: dict[str, Any], **_: object) -> None:
    """Remove outputs and execution counts from a notebook before JupyterLab saves it.

    Running a notebook then leaves no change to commit, and no data is committed.
    """
    if model["type"] != "notebook" or model["content"] is None:
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None


def _write_config(settings: Settings) -> Path:
    """Return the path of JupyterLab's configuration file, written without secrets."""
    home = workspace_state(settings) / "jupyter"
    configuration = {
        "ServerApp": {
            "ip": HOST,
            "port": settings.jupyter_port,
            "port_retries": 0,
            "open_browser": False,
            "allow_root": True,  # for containers; it listens on loopback only, with a token
            "root_dir": str(NOTEBOOKS),
            "answer_yes": True,  # Ctrl-C stops it without a question
        },
        "FileContentsManager": {"pre_save_hook": "local.notebook.jupyter.without_outputs"},
        "FileCheckpoints": {"checkpoint_dir": str(home / "checkpoints")},
        "KernelSpecManager": {"ensure_native_kernel": False, "allowed_kernelspecs": ["python3"]},
        "LabApp": {
            "extension_manager": "readonly",
            "news_url": None,
            "check_for_updates_class": _NO_UPDATE_CHECK,
        },
        "Application": {"log_level": "WARN"},
    }
    file = home / "jupyter_server_config.json"
    _write_json(file, configuration)
    return file


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=2))
