"""Posts rows of a SQL source to the API, as the users of an app would; see --help."""

from emulation.cli import app

if __name__ == "__main__":
    app()
