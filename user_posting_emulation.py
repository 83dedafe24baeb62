"""Posts rows of a SQL source to the API, to simulate the users of an app; see --help."""

import gc

from emulation.cli import app
from pinterest_pipeline.errors import run_command

if __name__ == "__main__":
    # Posts are many small objects without cycles. The usual thresholds cost a tenth of the time.
    gc.set_threshold(20_000, 20, 20)
    run_command(app)
