"""What Python runs first in each Python worker of the server.

It keeps the server's token out of the log. pyspark prints the address of the server when it starts
the worker of a foreachBatch, and the log contains that line. So the token moves from the address to
the variable where pyspark also looks for it.

It also lets the worker of a foreachBatch start without IPython, which takes a tenth of its imports.
"""

import os
import sys

_ADDRESS = "SPARK_CONNECT_LOCAL_URL"

if ";token=" in os.environ.get(_ADDRESS, ""):
    os.environ[_ADDRESS], _, _token = os.environ[_ADDRESS].partition(";token=")
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = _token

if _ADDRESS in os.environ:
    # pyspark imports it where it is installed: for the width of a progress bar.
    sys.modules["IPython"] = None  # type: ignore[assignment]  # Python's way to block an import
