"""Posts rows of a SQL source to the API, to simulate the users of an app; see --help."""

from emulation.cli import app
from pinterest_pipeline.errors import run_command

if __name__ == "__main__":
    run_command(app)
