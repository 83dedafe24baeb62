"""The start of a Python worker of the server."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.settings import ROOT

_WORKER = "pyspark.sql.connect.streaming.worker.foreach_batch_worker"
_IMPORTED = (sys.executable, "-X", "importtime", "-m", _WORKER)


@pytest.mark.parametrize("address", ["sc://localhost:1/;token=secret", ""])
def test_a_worker_of_a_foreach_batch_does_not_import_ipython(address: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "local" / "spark")}
    if address:
        environment["SPARK_CONNECT_LOCAL_URL"] = address
    # It fails, as no server waits for it, but only after its imports.
    worker = subprocess.run(_IMPORTED, env=environment, capture_output=True, text=True, check=False)
    imported = {line.rpartition("|")[2].strip() for line in worker.stderr.splitlines()}

    assert "pyspark.sql.connect.session" in imported
    assert ("IPython" in imported) == (not address)  # without an address it is another worker
