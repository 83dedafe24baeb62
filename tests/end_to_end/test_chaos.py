"""A short chaos run: no acknowledged record is lost or duplicated, and no older version stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from local.settings import ROOT
from tests.chaos import disks, network

KINDS = (
    *("kill", "pause", "stop", "fill", "partition", "half-open", "reset", "cut off"),
    *("s3 answers 503", "s3 fails reads", "kinesis refuses some", "kinesis loses answers"),
    "clock -8 days",
)
SEED = 5_047_967
"""Within a minute, it fills each of the four disks. The links of Spark and Connect fail, too."""

pytestmark = pytest.mark.timeout(1800)


def test_after_faults_of_every_sort_each_acknowledged_record_is_in_the_tables_once() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--minutes=1", f"--seed={SEED}"]
    ended = subprocess.run(
        [*command, "--broken-writers", *(f"--kind={kind}" for kind in KINDS)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )

    output = ended.stdout + ended.stderr
    assert ended.returncode == 0, output
    faults = re.findall(r"^ +\d+\.\d s  (.+?) {2,}(\S.*?) +for ", ended.stdout, re.MULTILINE)
    kinds = {kind for kind, _ in faults}
    assert {"kill", "pause", "stop", "kinesis refuses some", "clock -8 days"} <= kinds, output
    assert len(kinds & network.KINDS.keys()) >= 4, output
    assert {("reset", "spark to s3"), ("partition", "connect to s3")} <= set(faults), output
    assert {target for kind, target in faults if kind == "fill"} == {*disks.KINDS["fill"][0]}
    # The broker gets records all the time. The others may write nothing while their disk is full.
    assert re.search(r"reported a full disk: .*\bbroker\b", ended.stdout), output
    acknowledged = re.findall(r"│ (?:batch|streaming) +│ +([\d,]+) +│", ended.stdout)
    broken = re.findall(r"They left ([\d,]+) unseen and ([\d,]+) duplicates", ended.stdout)
    assert [number(one) > 500 for one in acknowledged] == [True, True], output
    assert [number(one) > 100 for one in broken[0]] == [True, True], output
    assert not re.search(r"optimized meanwhile: 0\b", ended.stdout), output


def number(text: str) -> int:
    return int(text.replace(",", ""))
