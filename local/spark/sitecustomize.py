"""What each Python worker of the Spark server does first, by Python's rule for this name.

pyspark prints the address of the server when it starts the worker of a foreachBatch, and so does
the log. The token moves from the address to the variable where pyspark looks for it as well.
"""

import os

_ADDRESS = "SPARK_CONNECT_LOCAL_URL"

if ";token=" in os.environ.get(_ADDRESS, ""):
    os.environ[_ADDRESS], _, _token = os.environ[_ADDRESS].partition(";token=")
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = _token
