"""JupyterLab over the notebooks, in the foreground, with kernels that are this environment's."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from local.files import write_atomically
from local.notebook.kernel import COMMAND, DISPLAY_NAME, kernel_variables, workspace_state
from local.secrets import Secrets
from local.settings import HOST, ROOT, Settings
from local.supervisor.ports import require_free

__all__ = ["jupyter_url", "jupyter_variables", "start_jupyter", "without_outputs"]

NOTEBOOKS = ROOT / "notebooks"

_NEVER = "jupyterlab.handlers.announcements.NeverCheckForUpdate"


def start_jupyter(settings: Settings, secrets: Secrets) -> NoReturn:
    """Become JupyterLab: this process is its process from here on. Ctrl-C ends it."""
    require_free(settings.jupyter_port, "PINTEREST_JUPYTER_PORT")
    variables = jupyter_variables(settings, secrets)
    program = [sys.executable, "-m", "jupyterlab", f"--config={_configured(settings)}"]
    os.execve(sys.executable, program, variables)  # noqa: S606  # no shell is wanted


def jupyter_url(settings: Settings, secrets: Secrets) -> str:
    """Return the address to open in a browser; it signs in."""
    return f"http://{HOST}:{settings.jupyter_port}/lab?token={secrets.jupyter_token}"


def jupyter_variables(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Return the variables of JupyterLab's process, which its kernels inherit.

    The token and all that Jupyter keeps come this way: nothing of the user's own Jupyter is read
    or written.
    """
    home = workspace_state(settings) / "jupyter"
    _write_kernel_spec(home / "kernels" / "python3")
    _disable_news(home / "config" / "labconfig")
    return {
        **kernel_variables(settings, secrets),
        "JUPYTER_TOKEN": secrets.jupyter_token,
        "JUPYTER_PATH": str(home),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }


def without_outputs(model: dict[str, Any], **_: object) -> None:
    """Take outputs and counts off a notebook that JupyterLab is about to save.

    So that exploring never makes a change to commit, and no row of data is committed.
    """
    if model["type"] != "notebook" or model["content"] is None:
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None


def _write_kernel_spec(folder: Path) -> None:
    """Write the kernel under the name that the notebooks ask for, so that they open with it."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": COMMAND,
        "display_name": DISPLAY_NAME,
        "language": "python",
        "env": {"JUPYTER_TOKEN": ""},  # a kernel need not know it
    }
    write_atomically(folder / "kernel.json", json.dumps(spec, indent=2))


def _disable_news(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    write_atomically(folder / "page_config.json", json.dumps(disabled))


def _configured(settings: Settings) -> Path:
    """Return the file of JupyterLab's settings; it holds no secret."""
    home = workspace_state(settings) / "jupyter"
    configured = {
        "ServerApp": {
            "ip": HOST,
            "port": settings.jupyter_port,
            "port_retries": 0,
            "open_browser": False,
            "allow_root": True,  # as in a container; it listens on loopback only, with a token
            "root_dir": str(NOTEBOOKS),
            "answer_yes": True,  # Ctrl-C ends it, and asks nothing
        },
        "FileContentsManager": {"pre_save_hook": "local.notebook.jupyter.without_outputs"},
        "FileCheckpoints": {"checkpoint_dir": str(home / "checkpoints")},
        "KernelSpecManager": {"ensure_native_kernel": False, "allowed_kernelspecs": ["python3"]},
        "LabApp": {
            "extension_manager": "readonly",
            "news_url": None,
            "check_for_updates_class": _NEVER,
        },
        "Application": {"log_level": "WARN"},
    }
    file = home / "jupyter_server_config.json"
    write_atomically(file, json.dumps(configured, indent=2))
    return file
