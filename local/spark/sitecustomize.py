"""Keeps the server's token out of the log: Python runs this module first in each Python worker.

pyspark prints the address of the server when it starts the worker of a foreachBatch, and the log
contains that line. Move the token from the address to the variable where pyspark also looks for it.
"""

import os

_ADDRESS = "SPARK_CONNECT_LOCAL_URL"

if ";token=" in os.environ.get(_ADDRESS, ""):
    os.environ[_ADDRESS], _, _token = os.environ[_ADDRESS].partition(";token=")
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = _token
