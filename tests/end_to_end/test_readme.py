"""The README's commands, run in its order: whoever follows it sees what it promises."""

from __future__ import annotations

import re
import subprocess

from local.settings import ROOT
from tests.end_to_end.checkout import Checkout

COMMANDS = re.findall(
    r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)


def test_every_command_of_the_readme_works(checkout: Checkout) -> None:
    script = "\n".join(["set -euo pipefail", *COMMANDS])

    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**checkout.environment, "ROWS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "make demo" in "".join(COMMANDS)
    assert done.stdout.endswith("The stack is down.\n")
