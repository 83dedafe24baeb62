"""Posts rows of a SQL source to the API, to simulate the users of an app; see --help."""

from emulation.cli import app

if __name__ == "__main__":
    app()
