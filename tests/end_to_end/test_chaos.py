"""A short chaos run: no acknowledged record is lost or duplicated, and no older version stands."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from local.settings import ROOT
from tests.chaos import clocks, disks, network

SEED = 6_344_514
"""Within a minute, it fills each of the four disks and has every sort of fault."""

pytestmark = pytest.mark.timeout(1800)


def test_after_faults_of_every_sort_each_acknowledged_record_is_in_the_tables_once() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--minutes=1", f"--seed={SEED}"]
    ended = subprocess.run(
        [*command, "--broken-writers"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    output = ended.stdout + ended.stderr
    assert ended.returncode == 0, output
    faults = re.findall(r"^ +\d+\.\d s  (.+?) {2,}(\S.*?) +for ", ended.stdout, re.MULTILINE)
    kinds = {kind for kind, _ in faults}
    assert {"kill", "pause", "stop"} <= kinds, output
    assert len(kinds & network.KINDS.keys()) >= 4, output
    assert kinds & clocks.KINDS.keys(), output
    assert {"kinesis", "s3"} & {kind.partition(" ")[0] for kind in kinds}, output
    assert {target for kind, target in faults if kind == "fill"} == {*disks.KINDS["fill"][0]}
    # The broker writes all the time. The others may write nothing while their disk is full.
    assert re.search(r"reported a full disk: .*\bbroker\b", ended.stdout), output
    # The exit code says what the rows show: how many records were checked, and with what.
    rows = dict(re.findall(r"│ (\w+) +│ +([\d,]+) +│", ended.stdout))
    assert rows.keys() == {"batch", "streaming", "control"}, output
    assert all(int(number.replace(",", "")) > 500 for number in rows.values()), output
    assert not re.search(r"optimized meanwhile: 0\b", ended.stdout), output
