"""The disks of S3, Kinesis, Kafka and Spark fill up under load: nothing acknowledged is lost."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from local.settings import ROOT

SEED = 23
"""Within a minute, each of the four disks is full once."""

pytestmark = pytest.mark.timeout(1800)


def test_after_space_was_freed_the_tables_hold_every_acknowledged_record_once() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--minutes=1", f"--seed={SEED}", "--kind=fill"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    output = ended.stdout + ended.stderr
    filled = set(re.findall(r" s  fill +(\S+)", ended.stdout))
    assert filled == {"s3", "kinesis", "broker", "spark"}, output
    # The broker writes all the time. The others may write nothing while their disk is full.
    assert re.search(r"reported a full disk: .*\bbroker\b", ended.stdout), output
    assert ended.returncode == 0, output
